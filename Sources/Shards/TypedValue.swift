import Entities
import JSON
import Primitives

/// The one implementation of `EntityValue`.
final class TypedValue<E: Entity>: EntityValue {
    let entity: E
    let kind: TypedKind<E>

    init(_ entity: E, of kind: TypedKind<E>) {
        self.entity = entity
        self.kind = kind
    }

    func decide(command name: String, payload: [UInt8]) -> Decided {
        guard let decide = kind.commands[name] else { return .failed(kind.unknownCommand(name)) }
        do throws(Failure) {
            switch try decide(payload, entity) {
            case .refused(let json, let message):
                return .unchanged(Outcome(json: json, refusalMessage: message))
            case .decided(let events, let reply):
                return events.isEmpty ? .unchanged(Outcome(json: reply)) : try record(events, reply: reply, of: name)
            }
        } catch {
            return .failed(error)
        }
    }

    /// Events are applied as they will be read back, not as they were made: so the leader's state is the one that a replay
    /// makes, and an event that cannot be read back never reaches the journal.
    private func record(_ events: [E.Event], reply: [UInt8], of name: String) throws(Failure) -> Decided {
        let bytes = try encode(events, of: name)
        do throws(Unreadable) {
            let (next, count) = try applying(bytes)
            guard count == events.count else { throw Unreadable(reason: "\(events.count) were written and \(count) read back") }
            return .changed(events: bytes, count: count, next: next, reply: reply)
        } catch {
            throw Failure(.unstorable, "an event of \(name) cannot be read back: \(error.reason)")
        }
    }

    func answer(query name: String, payload: [UInt8]) throws(Failure) -> [UInt8] {
        guard let answer = kind.queries[name] else { throw kind.unknownQuery(name) }
        return try answer(payload, entity)
    }

    /// Event by event: one is the rule, and to encode it alone takes two thirds of the time that an array of one does.
    private func encode(_ events: [E.Event], of name: String) throws(Failure) -> [UInt8] {
        let first = EventArray.array(of: try write(events[0], kind.events, as: "an event of \(name)"))
        if events.count == 1, first.count <= Limits.payloadBytesMax { return first }
        var arrays = [first]
        var size = first.count
        for event in events.dropFirst() {
            arrays.append(EventArray.array(of: try write(event, kind.events, as: "an event of \(name)")))
            size += arrays[arrays.count - 1].count
            if size > Limits.payloadBytesMax { break }
        }
        guard size <= Limits.payloadBytesMax else {
            throw Failure(.tooLarge, "the events of \(name) take more than \(Limits.payloadBytesMax) bytes as JSON")
        }
        return EventArray.joined(arrays)
    }

    func applying(_ bytes: [UInt8]) throws(Unreadable) -> (value: any EntityValue, count: Int) {
        var entity = entity
        var count = 0
        let isArray = try EventArray.forEachElement(of: bytes) { (range) throws(Unreadable) in
            do throws(JSONError) {
                entity.apply(try kind.events.decode(Array(bytes[range])))
            } catch {
                throw Unreadable(reason: "\(error)")
            }
            count += 1
        }
        guard isArray else { throw Unreadable(reason: "the events are not a JSON array") }
        return (TypedValue(entity, of: kind), count)
    }

    func encoded() throws(Unreadable) -> [UInt8] {
        do throws(JSONError) {
            return try kind.states.encode(entity)
        } catch {
            throw Unreadable(reason: "\(error)")
        }
    }
}
