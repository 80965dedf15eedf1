public import Engine
public import Entities
internal import JSON
public import Primitives

/// The entities of one kind, wherever they live.
///
/// ```swift
/// let counters = try await node.entities(Counter.self, shards: 10)
/// let receipt = try await counters["alice"].send(Counter.Increment(by: 10))
/// let balance = try await counters["alice"].ask(Counter.Balance())
/// ```
public struct EntityCollection<E: Entity>: Sendable {
    let channel: any RequestChannel
    /// How long a command or query may take, retries included.
    public var timeout: Duration

    /// One entity, by its id. An id that breaks the rules (1 to 512 bytes of UTF-8) is reported by the first use.
    public subscript(id: String) -> EntityReference<E> {
        EntityReference(bytes: Array(id.utf8), channel: channel, timeout: timeout)
    }

    /// One entity, by an id that was checked before.
    public subscript(id: EntityID) -> EntityReference<E> {
        EntityReference(bytes: id.bytes, channel: channel, timeout: timeout)
    }

    /// Sends a message to the entity named in its envelope.
    public func send<C: Command<E>>(
        _ envelope: ShardEnvelope<C>, requestID: String? = nil
    ) async throws(CommandError<C.Refusal>) -> Receipt<C.Reply> {
        try await self[envelope.entityID].send(envelope.message, requestID: requestID)
    }

    /// Asks the entity named in the envelope.
    public func ask<Q: Query<E>>(
        _ envelope: ShardEnvelope<Q>, consistency: ReadConsistency = .linearizable
    ) async throws(Failure) -> Q.Reply {
        try await self[envelope.entityID].ask(envelope.message, consistency: consistency)
    }
}

/// What a read may show.
public enum ReadConsistency: Sendable, Hashable {
    /// Everything that was answered before the read began.
    case linearizable
    /// What one replica has applied: faster, possibly old.
    case local
}

/// One entity, to be told and asked from anywhere.
public struct EntityReference<E: Entity>: Sendable {
    let bytes: [UInt8]
    let channel: any RequestChannel
    let timeout: Duration

    /// Sends a command and waits for its answer.
    ///
    /// On return the command's events are durable on a majority of the shard's replicas. Lost connections, failovers and moves are
    /// ridden out under one request id until the timeout, so the command takes effect at most once.
    /// - Parameters:
    ///   - requestID: 1 to 255 bytes; the same id sent again (also by another process, for at least 10 minutes) gives the first answer.
    ///     Without it the client numbers its commands itself.
    /// - Throws: `.refused` by the entity; `.notCommitted` if nothing happened; `.outcomeUnknown` if no answer came in time.
    public func send<C: Command<E>>(
        _ command: C, requestID: String? = nil
    ) async throws(CommandError<C.Refusal>) -> Receipt<C.Reply> {
        let request: Request
        do throws(Failure) {
            try EntityID.validate(bytes)
            let message = try command.encodedMessage()
            request = .command(
                EntityCommand(
                    kind: E.kind, entity: bytes, name: message.name, payload: message.payload,
                    request: try requestID.map(RequestID.init(key:))))
        } catch {
            throw .notCommitted(error)
        }
        let response = await channel.call(request, timeout: timeout)
        return try C.receipt(from: CommandResponse(response, kind: E.kind))
    }

    /// Asks a question. Linearizable unless told otherwise.
    /// - Throws: why there is no answer. A question changes nothing, so it may always be asked again.
    public func ask<Q: Query<E>>(
        _ query: Q, consistency: ReadConsistency = .linearizable
    ) async throws(Failure) -> Q.Reply {
        let message = try query.encodedMessage()
        return try Q.reply(from: try await read(message.name, message.payload, consistency).value)
    }

    /// The entity's whole state and its revision. Revision 0 is the first state of an entity that nobody has touched.
    public func state(consistency: ReadConsistency = .linearizable) async throws(Failure) -> (state: E, revision: UInt64) {
        let answer = try await read("", [], consistency)
        do throws(JSONError) {
            return (try JSON.decode(E.self, from: answer.value), answer.revision)
        } catch {
            throw Failure(.unreadableReply, "the state is not a \(E.self): \(error)")
        }
    }

    private func read(
        _ name: String, _ payload: [UInt8], _ consistency: ReadConsistency
    ) async throws(Failure) -> Answered {
        try EntityID.validate(bytes)
        let query = EntityQuery(
            kind: E.kind, entity: bytes, name: name, payload: payload,
            consistency: consistency == .local ? .local : .linearizable)
        switch await channel.call(.query(query), timeout: timeout) {
        case .answered(let answered): return answered
        case .failed(let failure): throw failure.failure
        case .committed, .refused, .document: throw Failure(.unreadableReply, "the node answered something else")
        }
    }
}

extension RequestID {
    /// A free-form key.
    /// - Throws: `.malformed` unless it is 1 to 255 bytes without control characters.
    public init(key: String) throws(Failure) {
        let bytes = Array(key.utf8)
        guard Limits.requestKeyBytes.contains(bytes.count) else {
            throw Failure(
                .malformed, "the request id has \(bytes.count) bytes; 1 to \(Limits.requestKeyBytes.upperBound) are allowed")
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Failure(.malformed, "the request id has a control character in it")
        }
        self = .key(bytes)
    }
}

extension CommandResponse {
    /// What a raw answer to a command of `kind` says.
    public init(_ response: Response, kind: String) {
        switch response {
        case .committed(let committed):
            self = .replied(
                Receipt(
                    reply: committed.reply, shard: ShardID(kind: kind, number: Int(committed.shard)),
                    index: committed.index, term: committed.term, revision: committed.revision))
        case .answered(let answered):
            self = .replied(
                Receipt(
                    reply: answered.value, shard: ShardID(kind: kind, number: Int(answered.shard)),
                    index: answered.index, term: answered.term, revision: answered.revision))
        case .refused(let refused): self = .refused(json: refused.json, message: refused.message)
        case .failed(let failure):
            self = failure.outcome == .unknown ? .outcomeUnknown(failure.failure) : .notCommitted(failure.failure)
        case .document:
            self = .outcomeUnknown(Failure(.unreadableReply, "the node answered something else"))
        }
    }
}
