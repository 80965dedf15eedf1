internal import Entities
public import Primitives
internal import Shards

/// Requests and responses as bytes; `WireProtocol.md` has the layout.
extension ByteWriter {
    public mutating func write(_ request: Request) {
        switch request {
        case .command(let command):
            write(UInt8(1))
            writeShort(command.kind)
            writeShort(command.entity)
            writeShort(command.name)
            writeLong(command.payload)
            write(command.request)
            write(command.attempt.rawValue)
        case .query(let query):
            write(UInt8(2))
            writeShort(query.kind)
            writeShort(query.entity)
            writeShort(query.name)
            writeLong(query.payload)
            write(query.consistency.rawValue)
        case .cluster(.directory(let body)):
            write(UInt8(3))
            writeLong(body)
        case .cluster(.status): write(UInt8(4))
        case .cluster(.shardMap): write(UInt8(5))
        case .cluster(.openSession): write(UInt8(6))
        case .history(let history):
            write(UInt8(7))
            writeShort(history.kind)
            writeShort(history.entity)
            write(history.after)
            write(history.from.rawValue)
            write(history.limit)
            write(history.consistency.rawValue)
        }
    }

    mutating func write(_ request: RequestID?) {
        switch request {
        case nil: write(UInt8(0))
        case .session(let session):
            write(UInt8(1))
            write(session.client)
            write(session.opened)
            write(session.number)
            write(session.acknowledgedBelow)
        case .key(let key):
            write(UInt8(2))
            writeShort(key)
        }
    }

    public mutating func write(_ response: Response) {
        switch response {
        case .committed(let committed):
            write(UInt8(1))
            write(committed.group.rawValue)
            write(committed.shard)
            write(committed.index.rawValue)
            write(committed.term.rawValue)
            write(committed.revision)
            writeLong(committed.reply)
        case .answered(let answered):
            write(UInt8(2))
            write(answered.group.rawValue)
            write(answered.shard)
            write(answered.index.rawValue)
            write(answered.term.rawValue)
            write(answered.revision)
            writeLong(answered.value)
        case .refused(let refusal):
            write(UInt8(3))
            writeLong(refusal.json)
            writeLong(Array(refusal.message.utf8))
        case .failed(let failure):
            write(UInt8(4))
            write(failure.outcome.rawValue)
            writeShort(failure.failure.code.rawValue)
            writeLong(Array(failure.failure.message.utf8))
            write(failure.failure.retryAfterMilliseconds ?? -1)
        case .document(let body):
            write(UInt8(5))
            writeLong(body)
        }
    }
}

extension ByteReader {
    /// Bytes of a field that holds a command, an event list, a reply or a document.
    static var fieldBytesMax: Int { 4 * Limits.payloadBytesMax }

    public mutating func readRequest() throws(MalformedBytes) -> Request {
        switch try read(UInt8.self) {
        case 1:
            return .command(
                EntityCommand(
                    kind: try readShortString(), entity: try readShort(), name: try readShortString(),
                    payload: try readLong(limit: Self.fieldBytesMax), request: try readRequestID(),
                    attempt: try readAttempt()))
        case 2:
            return .query(
                EntityQuery(
                    kind: try readShortString(), entity: try readShort(), name: try readShortString(),
                    payload: try readLong(limit: Self.fieldBytesMax), consistency: try readConsistency()))
        case 3: return .cluster(.directory(try readLong(limit: Self.fieldBytesMax)))
        case 4: return .cluster(.status)
        case 5: return .cluster(.shardMap)
        case 6: return .cluster(.openSession)
        case 7:
            return .history(
                EntityHistory(
                    kind: try readShortString(), entity: try readShort(), after: try read(),
                    from: LogIndex(try read()), limit: try read(), consistency: try readConsistency()))
        case let other: throw MalformedBytes("request \(other) is not known")
        }
    }

    private mutating func readAttempt() throws(MalformedBytes) -> Attempt {
        let value = try read(UInt8.self)
        guard let attempt = Attempt(rawValue: value) else { throw MalformedBytes("attempt \(value) is not known") }
        return attempt
    }

    private mutating func readConsistency() throws(MalformedBytes) -> Consistency {
        let value: UInt8 = try read()
        guard let consistency = Consistency(rawValue: value) else {
            throw MalformedBytes("consistency \(value) is not known")
        }
        return consistency
    }

    mutating func readRequestID() throws(MalformedBytes) -> RequestID? {
        switch try read(UInt8.self) {
        case 0: return nil
        case 1:
            return .session(
                SessionRequest(
                    client: try read(), opened: try read(), number: try read(), acknowledgedBelow: try read()))
        case 2: return .key(try readShort())
        case let other: throw MalformedBytes("request id \(other) is not known")
        }
    }

    public mutating func readResponse() throws(MalformedBytes) -> Response {
        switch try read(UInt8.self) {
        case 1:
            return .committed(
                Committed(
                    group: GroupID(try read()), shard: try read(), index: LogIndex(try read()),
                    term: Term(try read()), revision: try read(), reply: try readLong(limit: Self.fieldBytesMax)))
        case 2:
            return .answered(
                Answered(
                    group: GroupID(try read()), shard: try read(), index: LogIndex(try read()),
                    term: Term(try read()), revision: try read(), value: try readLong(limit: Self.fieldBytesMax)))
        case 3:
            return .refused(Refused(json: try readLong(limit: Self.fieldBytesMax), message: try readText()))
        case 4:
            let value: UInt8 = try read()
            guard let outcome = RequestFailure.Outcome(rawValue: value) else {
                throw MalformedBytes("outcome \(value) is not known")
            }
            let code = Failure.Code(try readShortString())
            let message = try readText()
            let retryAfter: Int64 = try read()
            return .failed(
                RequestFailure(outcome, code, message, retryAfterMilliseconds: retryAfter < 0 ? nil : retryAfter))
        case 5: return .document(try readLong(limit: Self.fieldBytesMax))
        case let other: throw MalformedBytes("response \(other) is not known")
        }
    }

    private mutating func readText() throws(MalformedBytes) -> String {
        String(decoding: try readLong(limit: Self.fieldBytesMax), as: UTF8.self)
    }
}
