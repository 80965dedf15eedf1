import Engine
import Gateway
import JSON
import Journal
import Node
import Primitives

/// One event as the command line shows it: the columns of the view `events`, by their names there.
struct EventLine: Encodable {
    /// Where it stands in a node's journal; nil for an event that was read from the cluster.
    var position: Int64?
    var shard: String?
    var index: UInt64
    var term: UInt64
    var kind: String
    var entity: String
    var revision: UInt64
    var type: String?
    var data: JSONValue
    var requestID: String?
    var recordedAt: String
    /// `data` as a person is shown it.
    private let dataText: String

    enum CodingKeys: String, CodingKey {
        case position, shard, index, term, kind, entity, revision, type, data
        case requestID = "request_id"
        case recordedAt = "recorded_at"
    }

    init(_ event: ListedEvent) {
        position = event.position
        shard = event.shard
        index = event.index.rawValue
        term = event.term.rawValue
        kind = event.kind
        entity = event.entity
        revision = event.revision
        type = event.type
        // What is no JSON is shown as it is.
        data = (try? JSONValue.parse(event.data)) ?? .string(event.data)
        dataText = event.data
        requestID = event.requestID
        recordedAt = event.recordedAt
    }

    init(_ event: EntityEvent, kind: String, id: String) {
        index = event.index.rawValue
        term = event.term.rawValue
        self.kind = kind
        entity = id
        revision = event.revision
        let parts = event.parts
        type = parts.type
        data = parts.data
        dataText = "\(parts.data)"
        requestID = event.requestID
        recordedAt = Timestamp.iso8601(milliseconds: event.recordedAt)
    }

    /// For a person.
    var text: String {
        let name = shard == "directory" ? "directory" : "\(kind)/\(entity)"
        return "\(recordedAt)  \(name)  \(revision)  \(type ?? "") \(dataText)"
    }
}

extension OutputOptions {
    func show(_ event: EventLine) {
        if json { StandardOutput.json(event) } else { StandardOutput.line(event.text) }
    }
}
