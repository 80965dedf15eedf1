internal import Engine
internal import Entities
internal import JSON
internal import Journal
internal import Primitives

extension EventPage {
    /// The answer that a page of the journal makes. A page that has reached a bound may have more behind it.
    static func response(_ stored: [StoredEvent], limit: Int, through: LogIndex) -> Response {
        let events = stored.map { event in
            EntityEvent(
                revision: event.revision, index: event.index, term: event.term, event: JSONText(checked: event.event),
                requestID: event.request?.key, recordedAt: event.recordedAt.milliseconds)
        }
        let bytes = stored.reduce(0) { $0 + $1.event.count }
        let page = EventPage(
            events: events, through: through, isLast: stored.count < limit && bytes < EntityHistory.pageBytesMax)
        do throws(JSONError) {
            return .document(try JSON.encode(page, reserving: bytes + 128 * stored.count + 64))
        } catch {
            return .failed(RequestFailure(.invalid, .quarantined, "the entity's events cannot be written as JSON: \(error)"))
        }
    }
}

extension RequestID {
    /// The free-form key, as its sender knows it.
    fileprivate var key: String? {
        if case .key(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}
