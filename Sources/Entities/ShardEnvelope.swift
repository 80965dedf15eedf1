/// A message and the entity that it is for: what a sender hands to any node, whose shard it will find.
public struct ShardEnvelope<Message: Sendable>: Sendable {
    /// Whom it is for.
    public var entityID: EntityID
    /// What is sent.
    public var message: Message

    /// A message for an entity.
    public init(_ entityID: EntityID, _ message: Message) {
        self.entityID = entityID
        self.message = message
    }
}

extension ShardEnvelope: Equatable where Message: Equatable {}
extension ShardEnvelope: Hashable where Message: Hashable {}
