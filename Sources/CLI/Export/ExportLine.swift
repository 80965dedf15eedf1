import Consensus
import Foundation
import Gateway
import JSON
import Primitives

/// A line of an export. `JournalFormat.md` describes them.
enum ExportLine {
    /// Of this description; a program that knows only lower ones refuses the file.
    static let newestFormat = 1

    /// The first line.
    struct Header: Codable {
        var holdfast = "export"
        var format = ExportLine.newestFormat
        var cluster: String
        var exportedAt: String
        var kinds: [Kind]

        struct Kind: Codable {
            var name: String
            var shards: Int
            var replication: Int
        }

        enum CodingKeys: String, CodingKey {
            case holdfast, format, cluster, kinds
            case exportedAt = "exported_at"
        }
    }

    /// The last line: without it the file is cut short.
    struct End: Codable {
        var end = true
        /// Lines before this one.
        var lines: Int
        /// Over them, line ends included: each line's XXH64 under the one before as seed, 16 hexadecimal digits. A file that was
        /// changed by hand has none.
        var digest: String?
    }

    /// An entry, or the checkpoint that stands for entries that were trimmed.
    struct Body: Codable {
        var shard: String
        var index: UInt64
        var term: UInt64
        /// `empty`, `configuration`, `record`, `opaque` or `checkpoint`.
        var type: String
        var entity: String?
        var revision: UInt64?
        var events: JSONText?
        var key: String?
        var session: Session?
        var fingerprint: String?
        var reply: JSONText?
        var recordedAt: String?
        /// Base64: of a checkpoint `ShardCheckpoint.encoded()`, of an opaque record its payload.
        var data: String?

        struct Session: Codable {
            var client: String
            var opened: Int64
            var number: UInt64
            var acknowledgedBelow: UInt64

            enum CodingKeys: String, CodingKey {
                case client, opened, number
                case acknowledgedBelow = "acknowledged_below"
            }
        }

        enum CodingKeys: String, CodingKey {
            case shard, index, term, type, entity, revision, events, key, session, fingerprint, reply, data
            case recordedAt = "recorded_at"
        }
    }
}

extension ExportLine.Body {
    init(_ entry: Entry, of shard: String) {
        self.init(shard: shard, index: entry.index.rawValue, term: entry.term.rawValue, type: "empty")
        switch entry.type {
        case .empty: break
        case .configuration: type = "configuration"
        case .record:
            if let record = try? EntryRecord(encoded: entry.payload), describe(record) { return }
            // Kept as it came: a format that this version does not know.
            self = Self(shard: shard, index: entry.index.rawValue, term: entry.term.rawValue, type: "opaque")
            data = Data(entry.payload).base64EncodedString()
        }
    }

    /// False for a record whose fields are not all text and JSON.
    private mutating func describe(_ record: EntryRecord) -> Bool {
        guard let events = try? JSONText(record.events), let entity = String(validating: record.entity, as: UTF8.self) else { return false }
        type = "record"
        self.entity = entity
        revision = record.firstRevision
        self.events = events
        switch record.request {
        case nil: break
        case .key(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { return false }
            key = text
        case .session(let request):
            session = Session(
                client: BackupManifest.text(of: request.client), opened: request.opened, number: request.number,
                acknowledgedBelow: request.acknowledgedBelow)
        }
        fingerprint = BackupManifest.text(of: record.fingerprint)
        if !record.reply.isEmpty {
            guard let reply = try? JSONText(record.reply) else { return false }
            self.reply = reply
        }
        recordedAt = Timestamp.iso8601(milliseconds: record.recordedAt.milliseconds)
        return true
    }

    /// The record that the line describes.
    /// - Throws: what is wrong with it, in words.
    func record() throws(BrokenLine) -> EntryRecord {
        guard let entity, let revision, let events, let fingerprint, let recordedAt else {
            throw BrokenLine("a record has entity, revision, events, fingerprint and recorded_at")
        }
        guard Limits.entityIDBytes.contains(entity.utf8.count) else { throw BrokenLine("an entity id has 1 to 512 bytes") }
        guard let hash = UInt64(fingerprint, radix: 16) else { throw BrokenLine("the fingerprint is not hexadecimal") }
        guard let time = PastMoment.iso8601(recordedAt) else { throw BrokenLine("recorded_at is no time") }
        guard events.bytes.first == UInt8(ascii: "["), events.bytes.count <= 4 * Limits.payloadBytesMax else {
            throw BrokenLine("events is no list")
        }
        var request: RequestID?
        if let key {
            guard Limits.requestKeyBytes.contains(key.utf8.count) else { throw BrokenLine("a key has 1 to 255 bytes") }
            request = .key(Array(key.utf8))
        } else if let session {
            guard let client = UInt64(session.client, radix: 16) else { throw BrokenLine("the client is not hexadecimal") }
            request = .session(
                SessionRequest(
                    client: client, opened: session.opened, number: session.number, acknowledgedBelow: session.acknowledgedBelow))
        }
        return EntryRecord(
            entity: Array(entity.utf8), firstRevision: revision, events: events.bytes, request: request, fingerprint: hash,
            reply: reply?.bytes ?? [], recordedAt: time)
    }
}

/// Why a line of an import cannot be used.
struct BrokenLine: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}
