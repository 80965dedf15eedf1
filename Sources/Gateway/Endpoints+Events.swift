internal import Engine
internal import Entities
internal import HTTPTypes
internal import JSON
internal import Node
internal import Primitives

extension Endpoints {
    static let eventsByDefault: UInt64 = 100

    /// `GET /v1/entities/{kind}/{id}/events`
    func events(of kind: String, _ id: [UInt8], _ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        try inquiry.target.allowOnly("after", "limit", "consistency")
        let limit = try inquiry.target.number("limit", in: 1...UInt64(EntityHistory.limitMax))
        let consistency = try consistency(inquiry)
        let isStream = Self.wantsStream(inquiry.fields[.accept])
        var after = try inquiry.target.number("after") ?? 0
        if isStream, let last = inquiry.fields[.lastEventID], !last.isEmpty {
            guard let revision = UInt64(decimal: last) else {
                throw .malformed("the Last-Event-ID is not the number of a revision")
            }
            after = revision
        }
        let page = try await page(
            kind, id, after: after, from: .zero, limit: UInt32(limit ?? Self.eventsByDefault), consistency)
        if let first = page.events.first, first.revision > after, first.revision - after > 1 {
            throw Self.trimmed(first.revision)
        }
        guard isStream else { return Answer(json: EventsDocument(page)) }
        guard inquiry.method == .get else {
            return Answer(status: .ok, fields: EventStream.fields, body: .bytes([]))
        }
        let stream = EventStream(endpoints: self, kind: kind, id: id, first: page, after: after)
        return Answer(status: .ok, fields: EventStream.fields, body: .stream(stream))
    }

    static func wantsStream(_ accept: String?) -> Bool {
        accept?.lowercased().split(separator: ",").contains { range in
            range.split(separator: ";").first.map { $0.filter { $0 != " " } } == "text/event-stream"
        } ?? false
    }

    func page(
        _ kind: String, _ id: [UInt8], after: UInt64, from: LogIndex, limit: UInt32, _ consistency: Consistency
    ) async throws(GatewayError) -> EventPage {
        let history = EntityHistory(
            kind: kind, entity: id, after: after, from: from, limit: limit, consistency: consistency)
        switch await backend.perform(.history(history), timeout: configuration.requestTimeout) {
        case .document(let body):
            do throws(JSONError) { return try JSON.decode(EventPage.self, from: body) } catch { throw Self.unexpected }
        case .failed(let failure): throw GatewayError(nothingHappened: failure.failure)
        case .committed, .answered, .refused: throw Self.unexpected
        }
    }
}

struct EventsDocument: Encodable {
    var events: [EventDocument]
    /// Whether there are more after these.
    var more: Bool

    init(_ page: EventPage) {
        events = page.events.map(EventDocument.init)
        more = !page.isLast
    }
}

/// One event for people and programs outside.
struct EventDocument: Encodable {
    var revision: UInt64
    /// The event's name: the one key of its object; absent if it has another form.
    var type: String?
    var data: JSONText
    var index: UInt64
    var term: UInt64
    var requestID: String?
    /// ISO 8601, by the clock of the shard's owner.
    var recordedAt: String

    init(_ event: EntityEvent) {
        revision = event.revision
        index = event.index.rawValue
        term = event.term.rawValue
        requestID = event.requestID
        recordedAt = Timestamp.iso8601(milliseconds: event.recordedAt)
        if let members = try? JSON.decode([String: JSONText].self, from: event.event.bytes), let only = members.first,
            members.count == 1
        {
            type = only.key
            data = only.value
        } else {
            data = event.event
        }
    }
}
