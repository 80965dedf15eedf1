import Entities
import JSON

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
        let bytes = try write(events, as: "an event of \(name)")
        do throws(Unreadable) {
            let (next, count) = try applying(bytes)
            guard count == events.count else {
                throw Unreadable(reason: "\(events.count) events were written and \(count) read back")
            }
            return .changed(events: bytes, count: count, next: next, reply: reply)
        } catch {
            throw Failure(.unstorable, "an event of \(name) cannot be read back: \(error.reason)")
        }
    }

    func answer(query name: String, payload: [UInt8]) throws(Failure) -> [UInt8] {
        guard let answer = kind.queries[name] else { throw kind.unknownQuery(name) }
        return try answer(payload, entity)
    }

    func applying(_ bytes: [UInt8]) throws(Unreadable) -> (value: any EntityValue, count: Int) {
        let events: [E.Event]
        do throws(JSONError) {
            events = try JSON.decode([E.Event].self, from: bytes)
        } catch {
            throw Unreadable(reason: "\(error)")
        }
        var entity = entity
        for event in events { entity.apply(event) }
        return (TypedValue(entity, of: kind), events.count)
    }

    func encoded() throws(Unreadable) -> [UInt8] {
        do throws(JSONError) {
            return try JSON.encode(entity)
        } catch {
            throw Unreadable(reason: "\(error)")
        }
    }
}
