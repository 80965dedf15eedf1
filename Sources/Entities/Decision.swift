/// What a command does: events, none or some, and a reply.
public struct Decision<Event, Reply> {
    /// In the order in which they happen. All of them take effect, or none.
    public var events: [Event]
    /// What the caller gets.
    public var reply: Reply

    /// Events, none or some, and a reply.
    public init(events: [Event], reply: Reply) {
        self.events = events
        self.reply = reply
    }

    /// One event and a reply.
    public init(_ event: Event, reply: Reply) {
        self.init(events: [event], reply: reply)
    }

    /// A reply; nothing changes.
    public static func reply(_ reply: Reply) -> Decision { Decision(events: [], reply: reply) }
}

extension Decision where Reply == Done {
    /// Events, and no more to say than that they are done.
    public init(_ events: Event...) { self.init(events: events, reply: Done()) }
}

/// The reply of a command that has nothing to say but that it is done. `{}` as JSON.
public struct Done: Codable, Hashable, Sendable {
    /// The only one there is.
    public init() {}
}

extension Decision: Sendable where Event: Sendable, Reply: Sendable {}
extension Decision: Equatable where Event: Equatable, Reply: Equatable {}
