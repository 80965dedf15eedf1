internal import Entities
internal import JSON
internal import Primitives

/// An entity's way to JSON and back, as the journal and the wire have it, with every failure as a flaw of the entity.
struct EntityCoding<E: Entity>: Sendable {
    private let states = JSONCoder<E>()
    private let events = JSONCoder<E.Event>()

    func encode(_ state: E) throws(EntityFlaw) -> [UInt8] { try write(state, states, "the state", limit: .max) }
    func state(_ bytes: [UInt8]) throws(EntityFlaw) -> E { try read(bytes, states, "the state") }
    func event(_ bytes: [UInt8]) throws(EntityFlaw) -> E.Event { try read(bytes, events, "an event") }

    /// The state as a checkpoint gives it back.
    func restored(_ state: E) throws(EntityFlaw) -> E {
        let bytes = try encode(state)
        let restored = try self.state(bytes)
        let again = try encode(restored)
        guard again == bytes else { throw EntityFlaw(.coding, "the state \(text(bytes)) comes back from a checkpoint as \(text(again))") }
        return restored
    }

    /// A command as the node reads it.
    func transported<C: Command<E>>(_ command: C) throws(EntityFlaw) -> C {
        let message: EncodedMessage
        do throws(Failure) { message = try command.encodedMessage() } catch { throw Self.flaw(error) }
        return try read(message.payload, JSONCoder<C>(), message.name)
    }

    /// A query as the node reads it.
    func transported<Q: Query<E>>(_ query: Q) throws(EntityFlaw) -> Q {
        let message: EncodedMessage
        do throws(Failure) { message = try query.encodedMessage() } catch { throw Self.flaw(error) }
        return try read(message.payload, JSONCoder<Q>(), message.name)
    }

    /// What the entity makes of a command, as production stores and sends it.
    func rule<C: Command<E>>(_ command: C, on state: E) throws(EntityFlaw) -> Ruling {
        let decision: Decision<E.Event, C.Reply>
        do throws(C.Refusal) { decision = try command.decide(state) } catch {
            return Ruling(events: [], answer: try write(error, JSONCoder(), "the refusal"), isRefusal: true)
        }
        var stored: [[UInt8]] = []
        for event in decision.events { stored.append(try write(event, events, "an event")) }
        return Ruling(events: stored, answer: try write(decision.reply, JSONCoder(), "the reply"), isRefusal: false)
    }

    func answer<Q: Query<E>>(_ query: Q, by state: E) throws(EntityFlaw) -> [UInt8] {
        try write(query.answer(state), JSONCoder(), "the answer")
    }

    /// The state after events as they are stored.
    func applying(_ stored: [[UInt8]], to state: E) throws(EntityFlaw) -> E {
        var state = state
        for bytes in stored { state.apply(try event(bytes)) }
        return state
    }

    /// A value as JSON, which must be read back as the same JSON.
    private func write<Value: Codable & Sendable>(
        _ value: Value, _ coder: JSONCoder<Value>, _ what: String, limit: Int = Limits.payloadBytesMax
    ) throws(EntityFlaw) -> [UInt8] {
        let bytes: [UInt8]
        do throws(JSONError) { bytes = try coder.encode(value) } catch {
            throw EntityFlaw(.coding, "\(what) \(value) has no JSON: \(error)")
        }
        guard bytes.count <= limit else { throw EntityFlaw(.coding, "\(what) has \(bytes.count) bytes; at most \(limit) fit") }
        let again: [UInt8]
        do throws(JSONError) { again = try coder.encode(try coder.decode(bytes)) } catch {
            throw EntityFlaw(.coding, "\(what) \(text(bytes)) cannot be read back: \(error)")
        }
        guard again == bytes else { throw EntityFlaw(.coding, "\(what) \(text(bytes)) comes back as \(text(again))") }
        return bytes
    }

    func read<Value: Codable & Sendable>(_ bytes: [UInt8], _ coder: JSONCoder<Value>, _ what: String) throws(EntityFlaw) -> Value {
        do throws(JSONError) { return try coder.decode(bytes) } catch {
            throw EntityFlaw(.coding, "\(what) \(text(bytes)) cannot be read back: \(error)")
        }
    }

    private static func flaw(_ failure: Failure) -> EntityFlaw {
        let isUnlisted = failure.code == .unknownCommand || failure.code == .unknownQuery
        return EntityFlaw(isUnlisted ? .listed : .coding, failure.message)
    }
}

/// What an entity made of a command, in JSON.
struct Ruling: Hashable, Sendable, CustomStringConvertible {
    var events: [[UInt8]]
    /// The reply or the refusal.
    var answer: [UInt8]
    var isRefusal: Bool

    var description: String {
        "\(isRefusal ? "refusal" : "reply") \(text(answer))" + (events.isEmpty ? "" : " with [\(events.map(text).joined(separator: ","))]")
    }
}

/// JSON for a person.
func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }
