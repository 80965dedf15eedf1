import Engine
import Entities
import JSON
import Node
import Primitives

/// Walks over one entity's events, page by page.
struct EventReading {
    let kind: String
    let entity: [UInt8]
    /// The revision of the event that was read last.
    private(set) var after: UInt64
    private var from = LogIndex.zero

    init(_ place: EventsPlace) { self.init(kind: place.kind, id: place.id, after: place.after) }

    init(kind: String, id: String, after: UInt64) {
        self.kind = kind
        entity = Array(id.utf8)
        self.after = after
    }

    /// The next events, none if there are none yet. `isLast`: there were no more when they were read.
    mutating func next(
        of cluster: some ClusterAccess, limit: Int = Int(EntityHistory.limitMax), timeout: Duration
    ) async throws -> (events: [EntityEvent], isLast: Bool) {
        let history = EntityHistory(
            kind: kind, entity: entity, after: after, from: from, limit: UInt32(clamping: limit), consistency: .linearizable)
        switch await cluster.perform(.history(history), timeout: timeout) {
        case .document(let body):
            let page = try JSON.decode(EventPage.self, from: body)
            if let last = page.events.last { after = last.revision }
            if page.isLast { from = page.through.next }
            return (page.events, page.isLast)
        case .failed(let failure): throw failure.failure
        case .committed, .answered, .refused: throw Failure(.unreadableReply, "the node answered something else")
        }
    }
}

extension EntityEvent {
    /// The event's name, and what it carries.
    var parts: (type: String?, data: JSONValue) {
        guard let value = try? JSONValue.parse(event.bytes) else { return (nil, .string(event.description)) }
        guard let object = value.object, object.count == 1, let name = object.keys.first, let data = object[name] else { return (nil, value) }
        return (name, data)
    }
}

extension OutputOptions {
    func show(_ events: [EntityEvent], kind: String, id: String) {
        for event in events { show(EventLine(event, kind: kind, id: id)) }
    }
}
