public import Entities

/// A kind of entity with its Swift type erased: what a shard needs to decide, apply, ask and store.
public struct KindRuntime: Sendable {
    public let name: String

    /// Trap: the kind's name is malformed.
    public init<E: Entity>(_: E.Type) {
        precondition(StableName.isValid(E.kind), "\(E.self) is named \"\(E.kind)\": \(StableName.rule)")
        name = E.kind
    }
}
