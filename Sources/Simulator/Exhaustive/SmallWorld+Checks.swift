internal import Consensus
internal import Primitives

/// The rules that hold in every state, and what tells one state from another.
extension SmallWorld {
    mutating func check(_ number: Int, _ outputs: Outputs) {
        let raft = nodes[number].raft
        if let fault = outputs.fault { problem = "node \(number + 1) stops: \(fault)" }
        if raft.role == .leader { lead(raft.term, number) }
        guard raft.commit.rawValue > 0 else { return }
        for index in 1...raft.commit.rawValue {
            guard let checksum = raft.checksum(at: LogIndex(index)) else { continue }
            if index <= committed.count {
                if committed[Int(index) - 1] != checksum { problem = "node \(number + 1) commits another entry \(index)" }
            } else {
                let holders = nodes.count { $0.entries.count >= index && $0.entries[Int(index) - 1].checksum == checksum }
                if holders <= Self.size / 2 { problem = "entry \(index) is committed and on \(holders) disks" }
                committed.append(checksum)
            }
        }
    }

    private mutating func lead(_ term: Term, _ number: Int) {
        if let known = leaders.first(where: { $0.term == term }) {
            if known.node != number { problem = "nodes \(known.node + 1) and \(number + 1) both lead in term \(term)" }
        } else {
            leaders.append((term, number))
        }
    }

    /// Equal for states that go on alike.
    func fingerprint() -> UInt64 {
        var numbers: [UInt64] = [
            UInt64(cutOff ?? 9), UInt64(commandsLeft), UInt64(crashesLeft), UInt64(cutsLeft), UInt64(timeoutsLeft),
        ]
        for node in nodes {
            node.raft.fingerprint(into: &numbers)
            numbers += [node.term.rawValue, UInt64(node.vote?.rawValue ?? 0), UInt64(node.entries.count)]
            numbers.append(node.entries.last?.checksum ?? 0)
        }
        numbers += committed
        for leader in leaders.sorted(by: { $0.term < $1.term }) { numbers += [leader.term.rawValue, UInt64(leader.node)] }
        // In no order: their sum.
        numbers.append(letters.reduce(0) { $0 &+ $1.fingerprint })
        return numbers.withUnsafeBytes { Checksum.xxh64($0, seed: 0) }
    }
}

extension SmallWorld.Letter {
    var fingerprint: UInt64 {
        var numbers = [UInt64(from), UInt64(to), message.term.rawValue]
        switch message {
        case .voteRequest(let request):
            numbers += [1, request.lastIndex.rawValue, request.lastTerm.rawValue, request.isPreVote ? 1 : 0, request.isTransfer ? 1 : 0]
        case .voteResponse(let response): numbers += [2, response.isGranted ? 1 : 0, response.isPreVote ? 1 : 0]
        case .append(let request):
            numbers += [3, request.previousIndex.rawValue, request.previousTerm.rawValue, request.commit.rawValue, request.round]
            numbers += request.entries.map(\.checksum)
        case .appendResponse(let response):
            switch response.result {
            case .matching(let index): numbers += [4, index.rawValue, response.round]
            case .diverging(let probe, let term, let previous):
                numbers += [5, probe.rawValue, term.rawValue, previous.rawValue, response.round]
            }
        case .heartbeat(let heartbeat): numbers += [6, heartbeat.commit.rawValue, heartbeat.round, heartbeat.isQuiescent ? 1 : 0]
        case .heartbeatResponse(let response): numbers += [7, response.round]
        case .snapshot(let offer): numbers += [8, offer.snapshot.index.rawValue, offer.snapshot.checksum]
        case .timeoutNow: numbers.append(9)
        }
        return numbers.withUnsafeBytes { Checksum.xxh64($0, seed: 0) }
    }
}
