import Consensus
import Directory
import Entities
import NIOCore
import Primitives
import Shards

@testable import Engine
@testable import JSON
@testable import Journal
@testable import Transport

/// Valid bytes of every format: where fuzzing starts, and what the truncation tests cut.
extension FuzzTarget {
    var seeds: [[UInt8]] {
        switch self {
        case .frames: [1, 7, 255].map { [$0] + Self.frame([1]) + Self.frame([UInt8](repeating: 9, count: 300)) }
        case .handshake: Self.handshakes.map { $0.encoded() }
        case .peer: Self.peerMessages.map { message in Self.bytes { $0.write(message) } }
        case .request: Self.requests.map { request in Self.bytes { $0.write(request) } }
        case .response: Self.responses.map { response in Self.bytes { $0.write(response) } }
        case .entry: Self.records.map { $0.encoded() }
        case .configuration:
            [Configuration(voters: [NodeID(1), NodeID(2)], learners: [NodeID(9)]).encoded(), Configuration.none.encoded()]
        case .checkpoint: [wholeCheckpoint.encoded()]
        case .json:
            [#"{"a":[1,-2.5e3,true,null,"ü\n\u00e9\ud83d\ude00"],"b":{}}"#, "[]", "\"\"", "-0.0", "9223372036854775808"].map { Array($0.utf8) }
        case .directory: Self.directoryDocuments
        case .positions: [[3] + PositionCodec.encode([1, 2, 900]), [2] + PositionCodec.encode(hashes: [7, .max])]
        case .note: [Array(WALNote(salt: 1 << 63, frames: 12).line.utf8)]
        }
    }

    private static func bytes(_ fill: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        fill(&writer)
        return writer.bytes
    }

    private static func frame(_ payload: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeFrame(payload)
        return Array(buffer.readableBytesView)
    }

    private static var handshakes: [HandshakeMessage] {
        let cluster = UniqueID.zero
        let starts = StartHistory(count: 7, processes: [.random(), .random(), .random()])
        let identity = Identity(cluster: .random(), node: NodeID(3), file: cluster, starts: starts, address: "127.0.0.1:7400")
        return [
            .hello(Hello(role: .peerMain, identity: identity, expected: NodeID(2))),
            .hello(Hello(role: .client, identity: .client(of: nil))),
            .welcome(Welcome(version: 1, identity: identity)), .rejection(Rejection(.staleStart, "an old copy")),
        ]
    }

    private static let records: [EntryRecord] = [
        EntryRecord(
            entity: Array("alice".utf8), firstRevision: 4, events: Array(#"[{"incremented":{"by":1}}]"#.utf8),
            request: .session(SessionRequest(client: .max, opened: -1, number: 3, acknowledgedBelow: 2)), fingerprint: 9,
            reply: Array("4".utf8), recordedAt: WallTime(milliseconds: 1_700_000_000_000)),
        EntryRecord(
            entity: [0xC3, 0xBC], firstRevision: 0, events: Array("[]".utf8), request: .key(Array("k".utf8)), fingerprint: 0,
            reply: [], recordedAt: .zero),
    ]

    private static var peerMessages: [PeerMessage] {
        let configuration = Configuration(voters: [NodeID(1), NodeID(2)], learners: [NodeID(3)])
        let first = Entry(following: 0, term: Term(2), index: LogIndex(5), type: .record, payload: records[0].encoded())
        let second = Entry(following: first.checksum, term: Term(2), index: LogIndex(6), type: .empty, payload: [])
        let point = SnapshotPoint(index: LogIndex(6), term: Term(2), checksum: 77, configuration: configuration)
        let messages: [Message] = [
            .voteRequest(VoteRequest(term: Term(3), lastIndex: LogIndex(6), lastTerm: Term(2), isPreVote: true, isTransfer: false)),
            .voteResponse(VoteResponse(term: Term(3), isGranted: true, isPreVote: false)),
            .append(
                AppendRequest(
                    term: Term(2), previousIndex: LogIndex(4), previousTerm: Term(1), entries: [first, second],
                    commit: LogIndex(4), round: 8)),
            .appendResponse(AppendResponse(term: Term(2), result: .matching(LogIndex(6)), round: 8)),
            .appendResponse(
                AppendResponse(
                    term: Term(2), result: .diverging(probe: LogIndex(3), probeTerm: Term(1), previousIndex: LogIndex(9)), round: 1)),
            .heartbeat(Heartbeat(term: Term(2), commit: LogIndex(4), round: 9, isQuiescent: true)),
            .heartbeatResponse(HeartbeatResponse(term: Term(2), round: 9)),
            .snapshot(SnapshotOffer(term: Term(2), snapshot: point)), .timeoutNow(term: Term(2)),
        ]
        let order = { (action: GroupOrder.Action) in
            PeerMessage.order(
                GroupOrder(group: GroupID(4), leader: NodeID(1), term: Term(2), configurationIndex: LogIndex(3), action: action))
        }
        let report = GroupReport(
            group: GroupID(4), leader: NodeID(1), term: Term(2), configurationIndex: LogIndex(3), isSettled: true,
            voters: [NodeID(1), NodeID(2)], learners: [NodeID(3)], caughtUp: [NodeID(2)], commit: LogIndex(9))
        return messages.map { .raft(GroupID(4), $0) } + [
            .pulse(isImpaired: true), .forward(id: 5, hops: 1, requests[0]), .reply(id: 5, responses[0]),
            .report([GroupStanding(report: report, behind: [])]), order(.addLearner(node: NodeID(3))), order(.promote(node: NodeID(3))),
            order(.remove(node: NodeID(2), keeping: 2)), order(.transfer(to: NodeID(2))),
            .checkpointPiece(
                GroupID(4),
                CheckpointPiece(index: LogIndex(6), term: Term(2), digest: 1, total: 10, offset: 2, bytes: [1, 2, 3])),
            .checkpointProgress(GroupID(4), index: LogIndex(6), bytes: 5), .checkpointHeld(GroupID(4), index: LogIndex(6)),
        ]
    }

    private static let requests: [Request] = [
        .command(
            EntityCommand(
                kind: "counter", entity: Array("alice".utf8), name: "increment", payload: Array(#"{"by":1}"#.utf8),
                request: .key(Array("r".utf8)), attempt: .again)),
        .command(
            EntityCommand(
                kind: "counter", entity: [65], name: "increment", payload: [],
                request: .session(SessionRequest(client: 1, opened: 2, number: 3, acknowledgedBelow: 3)))),
        .query(EntityQuery(kind: "counter", entity: [65], name: "balance", payload: Array("{}".utf8), consistency: .local)),
        .cluster(.directory(Array("{}".utf8))), .cluster(.status), .cluster(.shardMap), .cluster(.openSession),
        .cluster(.replica(ReplicaInquiry(node: NodeID(1), group: GroupID(2), question: .entries(from: LogIndex(3), through: LogIndex(9))))),
        .cluster(.replica(ReplicaInquiry(node: NodeID(1), group: GroupID(2), question: .hold(cut: 7, milliseconds: 500)))),
    ]

    private static let responses: [Response] = [
        .committed(
            Committed(group: GroupID(1), shard: 0, index: LogIndex(5), term: Term(2), revision: 3, reply: Array("10".utf8))),
        .answered(
            Answered(group: GroupID(1), shard: 0, index: LogIndex(5), term: Term(2), revision: 3, value: Array("10".utf8))),
        .refused(Refused(json: Array("{}".utf8), message: "no")),
        .failed(RequestFailure(.notCommitted, .malformed, "later", retryAfterMilliseconds: 50)),
        .failed(RequestFailure(.unknown, .malformed, "unknown")), .document(Array("{}".utf8)),
    ]

    private var wholeCheckpoint: ShardCheckpoint {
        var state = ShardCheckpoint(
            index: LogIndex(9), term: Term(2), checksum: 77, forgottenOpened: 5, keysForgottenThrough: LogIndex(2), meta: Array("{}".utf8))
        let reply = StoredReply(
            index: LogIndex(3), term: Term(1), revision: 2, fingerprint: 4, outcome: Outcome(json: [49], refusalMessage: "no"))
        state.entities = [
            EntityRow(entity: [65], stored: StoredState(revision: 3, state: Array("{}".utf8))),
            EntityRow(entity: [66], stored: StoredState(revision: 3, state: Array("{}".utf8), unapplied: Array("[1]".utf8))),
        ]
        state.sessions = [
            SessionRow(
                client: 1, opened: 2, acknowledgedBelow: 3, lastIndex: LogIndex(4), replies: [NumberedReply(number: 4, reply: reply)])
        ]
        state.sessionsRemoved = [7]
        state.keys = [KeyRow(entity: [65], key: [66], recordedAt: .zero, reply: reply)]
        return state
    }

    private static var directoryDocuments: [[UInt8]] {
        let commands: [DirectoryCommand] = [
            .remove(node: NodeID(2)), .registerKind(name: "counter", shards: 10, replication: nil),
        ]
        return commands.compactMap { try? JSON.encode($0) }
    }
}
