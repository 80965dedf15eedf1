import Entities
import JSON
import Primitives

/// What a kind can be asked, looked up by stable name. One per kind and process, shared by all its values.
final class TypedKind<E: Entity>: Sendable {
    typealias Decide = @Sendable (_ payload: [UInt8], _ entity: E) throws(Failure) -> TypedDecision<E>
    typealias Answer = @Sendable (_ payload: [UInt8], _ entity: E) throws(Failure) -> [UInt8]

    let commands: [String: Decide]
    let queries: [String: Answer]
    let events = JSONCoder<E.Event>()
    let states = JSONCoder<E>()

    init() {
        var commands: [String: Decide] = [:]
        for listed in E.commands.listed { commands[listed.name] = Self.decide(listed.type, named: listed.name) }
        var queries: [String: Answer] = [:]
        for listed in E.queries.listed { queries[listed.name] = Self.answer(listed.type, named: listed.name) }
        self.commands = commands
        self.queries = queries
    }

    func unknownCommand(_ name: String) -> Failure {
        let known = E.commands.listed.map(\.name).joined(separator: ", ")
        return Failure(.unknownCommand, "\(E.kind) has no command \"\(name)\"; it has: \(known.isEmpty ? "none" : known)")
    }

    func unknownQuery(_ name: String) -> Failure {
        let known = E.queries.listed.map(\.name).joined(separator: ", ")
        return Failure(.unknownQuery, "\(E.kind) has no query \"\(name)\"; it has: \(known.isEmpty ? "none" : known)")
    }

    private static func decide<C: Command<E>>(_: C.Type, named name: String) -> Decide {
        let (commands, replies) = (JSONCoder<C>(), JSONCoder<C.Reply>())
        return { (payload: [UInt8], entity: E) throws(Failure) in
            let command = try read(commands, named: name, from: payload)
            let decision: Decision<E.Event, C.Reply>
            do throws(C.Refusal) {
                decision = try command.decide(entity)
            } catch {
                return .refused(json: try write(error, JSONCoder(), as: "the refusal of \(name)"), message: String(describing: error))
            }
            return .decided(decision.events, reply: try write(decision.reply, replies, as: "the reply of \(name)"))
        }
    }

    private static func answer<Q: Query<E>>(_: Q.Type, named name: String) -> Answer {
        let (queries, replies) = (JSONCoder<Q>(), JSONCoder<Q.Reply>())
        return { (payload: [UInt8], entity: E) throws(Failure) in
            let query = try read(queries, named: name, from: payload)
            return try write(query.answer(entity), replies, as: "the reply of \(name)")
        }
    }
}

enum TypedDecision<E: Entity> {
    case decided([E.Event], reply: [UInt8])
    case refused(json: [UInt8], message: String)
}

/// Reads what a caller sent. An empty payload stands for `{}`, so that a message without fields needs no body.
private func read<Message>(
    _ coder: JSONCoder<Message>, named name: String, from payload: [UInt8]
) throws(Failure) -> Message {
    do throws(JSONError) {
        return try coder.decode(payload.isEmpty ? [0x7B, 0x7D] : payload)
    } catch {
        throw Failure(.malformed, "\(name) cannot be read: \(error)")
    }
}

/// Writes what the entity's code made. `what` is put together only for a failure.
func write<Value>(
    _ value: Value, _ coder: JSONCoder<Value>, as what: @autoclosure () -> String
) throws(Failure) -> [UInt8] {
    let bytes: [UInt8]
    do throws(JSONError) {
        bytes = try coder.encode(value)
    } catch {
        throw Failure(.unstorable, "\(what()) has no JSON: \(error)")
    }
    guard bytes.count <= Limits.payloadBytesMax else {
        throw Failure(.tooLarge, "\(what()) takes \(bytes.count) bytes as JSON; at most \(Limits.payloadBytesMax) fit")
    }
    return bytes
}
