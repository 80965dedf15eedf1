internal import Consensus
internal import Directory
internal import Primitives

/// What engines say to each other as bytes; `WireProtocol.md` has the layout.
extension ByteWriter {
    mutating func write(_ message: PeerMessage) {
        switch message {
        case .raft(let group, let message):
            write(UInt8(1))
            write(group.rawValue)
            write(message)
        case .pulse(let isImpaired):
            write(UInt8(2))
            write(isImpaired)
        case .forward(let id, let hops, let request):
            write(UInt8(3))
            write(id)
            write(hops)
            write(request)
        case .reply(let id, let response):
            write(UInt8(4))
            write(id)
            write(response)
        case .report(let standings):
            write(UInt8(5))
            write(UInt32(standings.count))
            for standing in standings { write(standing) }
        case .order(let order):
            write(UInt8(6))
            write(order)
        case .checkpointPiece(let group, let piece):
            write(UInt8(7))
            write(group.rawValue)
            write(piece.index.rawValue)
            write(piece.term.rawValue)
            write(piece.digest)
            write(piece.total)
            write(piece.offset)
            writeLong(piece.bytes)
        case .checkpointProgress(let group, let index, let bytes):
            write(UInt8(8))
            write(group.rawValue)
            write(index.rawValue)
            write(bytes)
        case .checkpointHeld(let group, let index):
            write(UInt8(9))
            write(group.rawValue)
            write(index.rawValue)
        }
    }

    private mutating func write(_ standing: GroupStanding) {
        let report = standing.report
        write(report.group.rawValue)
        write(report.leader.rawValue)
        write(report.term.rawValue)
        write(report.configurationIndex.rawValue)
        write(report.isSettled)
        write(report.voters)
        write(report.learners)
        write(report.caughtUp)
        write(report.commit.rawValue)
        write(UInt16(standing.behind.count))
        for lag in standing.behind {
            write(lag.node.rawValue)
            write(lag.entries)
        }
    }

    private mutating func write(_ nodes: [NodeID]) {
        write(UInt16(nodes.count))
        for node in nodes { write(node.rawValue) }
    }

    private mutating func write(_ order: GroupOrder) {
        write(order.group.rawValue)
        write(order.leader.rawValue)
        write(order.term.rawValue)
        write(order.configurationIndex.rawValue)
        switch order.action {
        case .addLearner(let node):
            write(UInt8(1))
            write(node.rawValue)
        case .promote(let node):
            write(UInt8(2))
            write(node.rawValue)
        case .remove(let node, let keeping):
            write(UInt8(3))
            write(node.rawValue)
            write(UInt16(clamping: keeping))
        case .transfer(let node):
            write(UInt8(4))
            write(node.rawValue)
        }
    }
}

extension ByteReader {
    mutating func readPeerMessage() throws(MalformedBytes) -> PeerMessage {
        switch try read(UInt8.self) {
        case 1: return .raft(GroupID(try read()), try readMessage())
        case 2: return .pulse(isImpaired: try readBool())
        case 3: return .forward(id: try read(), hops: try read(), try readRequest())
        case 4: return .reply(id: try read(), try readResponse())
        case 5:
            let count: UInt32 = try read()
            guard count <= Limits.groupsPerNodeMax else { throw MalformedBytes("\(count) groups in one report") }
            var standings: [GroupStanding] = []
            for _ in 0..<count { standings.append(try readStanding()) }
            return .report(standings)
        case 6: return .order(try readOrder())
        case 7:
            return .checkpointPiece(
                GroupID(try read()),
                CheckpointPiece(
                    index: LogIndex(try read()), term: Term(try read()), digest: try read(), total: try read(),
                    offset: try read(), bytes: try readLong(limit: Self.fieldBytesMax)))
        case 8:
            return .checkpointProgress(GroupID(try read()), index: LogIndex(try read()), bytes: try read())
        case 9: return .checkpointHeld(GroupID(try read()), index: LogIndex(try read()))
        case let other: throw MalformedBytes("peer message \(other) is not known")
        }
    }

    private mutating func readStanding() throws(MalformedBytes) -> GroupStanding {
        let report = GroupReport(
            group: GroupID(try read()), leader: NodeID(try read()), term: Term(try read()),
            configurationIndex: LogIndex(try read()), isSettled: try readBool(), voters: try readNodes(),
            learners: try readNodes(), caughtUp: try readNodes(), commit: LogIndex(try read()))
        let count: UInt16 = try read()
        var behind: [ClusterStatus.Lag] = []
        for _ in 0..<count { behind.append(ClusterStatus.Lag(node: NodeID(try read()), entries: try read())) }
        return GroupStanding(report: report, behind: behind)
    }

    private mutating func readNodes() throws(MalformedBytes) -> [NodeID] {
        let count: UInt16 = try read()
        var nodes: [NodeID] = []
        for _ in 0..<count { nodes.append(NodeID(try read())) }
        return nodes
    }

    private mutating func readOrder() throws(MalformedBytes) -> GroupOrder {
        let (group, leader) = (GroupID(try read()), NodeID(try read()))
        let (term, index) = (Term(try read()), LogIndex(try read()))
        let action: GroupOrder.Action
        switch try read(UInt8.self) {
        case 1: action = .addLearner(node: NodeID(try read()))
        case 2: action = .promote(node: NodeID(try read()))
        case 3: action = .remove(node: NodeID(try read()), keeping: Int(try read(UInt16.self)))
        case 4: action = .transfer(to: NodeID(try read()))
        case let other: throw MalformedBytes("order \(other) is not known")
        }
        return GroupOrder(group: group, leader: leader, term: term, configurationIndex: index, action: action)
    }
}
