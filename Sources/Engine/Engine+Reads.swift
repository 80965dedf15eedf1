internal import DequeModule
internal import Consensus
internal import Primitives

/// Answers that change nothing: queries, refusals, replies without events.
///
/// They are computed at once, on the newest state, and shown only when that state is committed and a quorum has confirmed, in a
/// round begun after the request came, that this node leads (HAZARDS 6, 7; thesis §6.4).
extension Engine {
    func hold(_ response: Response, after: LogIndex, for pending: Pending, in replica: Replica) {
        hold(.response(response), after: after, for: pending, in: replica)
    }

    func hold(_ content: HeldAnswer.Content, after: LogIndex, for pending: Pending, in replica: Replica) {
        let answer = HeldAnswer(after: after, content: content, origin: pending.origin, arrived: pending.arrived)
        if let last = replica.rounds.indices.last, replica.rounds[last].isOpen {
            replica.rounds[last].answers.append(answer)
            return
        }
        let token = nextReadToken
        nextReadToken += 1
        replica.rounds.append(ReadRound(token: token, answers: [answer], isOpen: true))
        replica.raft.read(token: token, into: &replica.outputs)
        touch(replica)
    }

    func settle(_ outcomes: [Outputs.ReadOutcome], of replica: Replica) {
        for outcome in outcomes {
            guard let position = replica.rounds.firstIndex(where: { $0.token == outcome.token }) else { continue }
            let round = replica.rounds.remove(at: position)
            if outcome.isConfirmed {
                replica.confirmed.append(contentsOf: round.answers)
            } else {
                for answer in round.answers { respond(to: answer.origin, .failed(.notLeader)) }
            }
        }
        releaseConfirmed(replica)
    }

    func releaseConfirmed(_ replica: Replica) {
        guard !replica.confirmed.isEmpty else { return }
        let applied = replica.applied
        var waiting: [HeldAnswer] = []
        for answer in replica.confirmed {
            guard answer.after <= applied else {
                waiting.append(answer)
                continue
            }
            switch answer.content {
            case .response(let response): respond(to: answer.origin, response)
            case .history(let history): load(history, for: answer.origin, from: replica)
            }
        }
        replica.confirmed = waiting
    }
}
