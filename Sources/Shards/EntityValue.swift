import Entities
import Primitives

/// One state of one entity with its Swift type erased. Never changed once made, so that a commit, a roll-back and a
/// checkpoint each only pass a reference.
protocol EntityValue: AnyObject, Sendable {
    func decide(command name: String, payload: [UInt8]) -> Decided
    func answer(query name: String, payload: [UInt8]) throws(Failure) -> [UInt8]
    /// The state after `events`, a JSON array, and how many they are.
    func applying(_ events: [UInt8]) throws(Unreadable) -> (value: any EntityValue, count: Int)
    /// The state as JSON.
    func encoded() throws(Unreadable) -> [UInt8]
}

/// What an entity made of a command.
enum Decided {
    /// `events` is a JSON array of `count` events, at least one; they lead to `next`.
    case changed(events: [UInt8], count: Int, next: any EntityValue, reply: [UInt8])
    /// No events: a reply or a refusal.
    case unchanged(Outcome)
    case failed(Failure)
}

/// Stored bytes that the entity's type does not read, or a state that it cannot write.
struct Unreadable: Error {
    var reason: String
}
