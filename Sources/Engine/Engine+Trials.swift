internal import Primitives
internal import Shards

/// Commands that may have ended another process, on their way through a copy of this one.
struct Trials {
    var waiting: [Pending] = []
    var underWay: [Pending] = []
}

/// A command that ends the process that decides it must not end the next owner's as well (HAZARDS 31).
///
/// A caller whose owner was lost cannot tell which of the commands under way there was to blame, if any was. So each of them is first decided
/// in a copy of the new owner's process. If the copy ends of one, a refusal is recorded in its place, and every later attempt finds it.
extension Engine {
    private static let trialMax = 256

    func gatherTrial() {
        guard trials.underWay.isEmpty, !trials.waiting.isEmpty else { return }
        trials.underWay = Array(trials.waiting.prefix(Self.trialMax))
        trials.waiting.removeFirst(trials.underWay.count)
        outputs.trial = trials.underWay.count
    }

    /// Decides a command of the trial under way, and forgets what came of it. In a copy of this process only: it may not return.
    public func rehearse(_ number: Int) {
        guard let (command, replica) = place(of: trials.underWay[number]) else { return }
        replica.shard?.rehearse(asked(command))
    }

    /// The command, and this node's replica of its shard, if it has one.
    private func place(of pending: Pending) -> (EntityCommand, Replica)? {
        guard case .command(let command) = pending.request,
            let group = router.group(kind: command.kind, entity: command.entity), let replica = replica(group)
        else { return nil }
        return (command, replica)
    }

    /// What became of the trial under way.
    ///
    /// - Parameter survivors: how many were decided before the copy ended: if not all, it ended of the next one, and those after it are
    ///   tried again.
    public func tried(survivors: Int) {
        let tried = trials.underWay
        precondition((0...tried.count).contains(survivors), "\(survivors) of \(tried.count) commands survived")
        trials.underWay = []
        if survivors < tried.count { trials.waiting.insert(contentsOf: tried[(survivors + 1)...], at: 0) }
        for (number, pending) in tried.prefix(survivors + 1).enumerated() {
            conclude(pending, number < survivors ? .survived : .fatal)
        }
    }

    private func conclude(_ pending: Pending, _ trial: Trial) {
        guard let (command, replica) = place(of: pending), replica.servingTerm != nil, replica.installing == nil else {
            return dispatch(pending)
        }
        if trial == .fatal { notice("refuses a command that ends the process that decides it", group: replica.group) }
        decide(command, pending, replica, trial)
    }
}
