public import Entities
import JSON

/// A kind of entity with its Swift type erased: what a shard needs to decide, apply, ask and store.
public struct KindRuntime: Sendable {
    public let name: String
    /// The stable names of its commands and queries, as listed.
    public let commands: [String]
    public let queries: [String]
    /// The entity before its first event.
    let initial: any EntityValue
    private let decodeState: @Sendable ([UInt8]) throws(Unreadable) -> any EntityValue

    /// Trap: the kind's name is malformed.
    public init<E: Entity>(_: E.Type) {
        precondition(StableName.isValid(E.kind), "\(E.self) is named \"\(E.kind)\": \(StableName.rule)")
        name = E.kind
        commands = E.commands.listed.map(\.name)
        queries = E.queries.listed.map(\.name)
        let kind = TypedKind<E>()
        initial = TypedValue(E(), of: kind)
        decodeState = { (state: [UInt8]) throws(Unreadable) -> any EntityValue in
            do throws(JSONError) {
                return TypedValue(try kind.states.decode(state), of: kind)
            } catch {
                throw Unreadable(reason: "\(error)")
            }
        }
    }

    /// The value whose JSON `encoded()` gave.
    func value(fromState state: [UInt8]) throws(Unreadable) -> any EntityValue { try decodeState(state) }
}
