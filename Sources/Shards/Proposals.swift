import DequeModule
import Primitives

/// A record that the leader has put into its log and that is not yet committed.
struct Proposal: Sendable {
    var index = LogIndex.zero
    var term = Term.zero
    /// The entity's place in the table. It is not evicted while it has proposals.
    var position: Int
    /// The state that the events lead to; nil if there are none.
    var value: (any EntityValue)?
    /// The entity's revision after it.
    var revision: UInt64
    var request: RequestID?
    var fingerprint: UInt64
    var outcome: Outcome
    var recordedAt: WallTime
    /// Bytes of the encoded record.
    var bytes: Int
}

/// What the leader has proposed, oldest first, and the requests that this answers.
struct Proposals: Sendable {
    private(set) var queue: Deque<Proposal> = []
    private var sessions: [UInt64: Session] = [:]
    private var numbered: [Numbered: Pending] = [:]
    private var keys: [KeyTable.Key: Pending] = [:]

    struct Pending: Sendable {
        var index: LogIndex
        var fingerprint: UInt64
    }

    /// One client's requests under way.
    struct Session: Sendable {
        /// As of the newest of them.
        var opened: Int64
        var acknowledgedBelow: UInt64 = 0
        var count = 0
        fileprivate var highestNumber: UInt64 = 0
    }

    private struct Numbered: Hashable {
        var client: UInt64
        var opened: Int64
        var number: UInt64

        init(_ request: SessionRequest) {
            client = request.client
            opened = request.opened
            number = request.number
        }
    }

    func session(of client: UInt64) -> Session? { sessions[client] }

    /// The proposal for the same request of a client with requests under way.
    func pending(_ request: SessionRequest, in session: Session) -> Pending? {
        // Clients count upwards: a new request is nearly always above all others.
        request.number > session.highestNumber ? nil : numbered[Numbered(request)]
    }

    func pending(_ key: KeyTable.Key) -> Pending? { keys[key] }
    var keyCount: Int { keys.count }

    mutating func append(_ proposal: Proposal, entity: [UInt8]) {
        let pending = Pending(index: proposal.index, fingerprint: proposal.fingerprint)
        switch proposal.request {
        case nil: break
        case .session(let request):
            sessions[request.client, default: Session(opened: request.opened)].note(request)
            numbered[Numbered(request)] = pending
        case .key(let key): keys[KeyTable.Key(entity: entity, key: key)] = pending
        }
        queue.append(proposal)
    }

    /// Takes out the oldest, which is committed and is of this entity.
    mutating func removeFirst(of entity: [UInt8]) -> Proposal {
        let proposal = queue.removeFirst()
        switch proposal.request {
        case nil: break
        case .session(let request):
            numbered[Numbered(request)] = nil
            sessions[request.client]?.count -= 1
            if sessions[request.client]?.count == 0 { sessions[request.client] = nil }
        case .key(let key): keys[KeyTable.Key(entity: entity, key: key)] = nil
        }
        return proposal
    }

    mutating func removeAll() {
        queue.removeAll()
        sessions.removeAll()
        numbered.removeAll()
        keys.removeAll()
    }
}

extension Proposals.Session {
    fileprivate mutating func note(_ request: SessionRequest) {
        // An older session's request is not proposed after a newer one's.
        if request.opened > opened {
            opened = request.opened
            acknowledgedBelow = 0
        }
        acknowledgedBelow = max(acknowledgedBelow, request.acknowledgedBelow)
        highestNumber = max(highestNumber, request.number)
        count += 1
    }
}
