/// A message and the entity that it is for: what a sender hands to any node, whose shard it will find.
public struct ShardEnvelope<Message: Sendable>: Sendable {
    public var entityID: EntityID
    public var message: Message

    public init(_ entityID: EntityID, _ message: Message) {
        self.entityID = entityID
        self.message = message
    }
}

extension ShardEnvelope: Equatable where Message: Equatable {}
extension ShardEnvelope: Hashable where Message: Hashable {}
