/// What one command did, as a log entry's payload: encoded once, by the leader, and stored by every replica as it came.
///
/// The encoding is canonical: equal records have equal bytes, so the journal may keep the fields in columns and give the
/// same payload back, with the same checksum. Entries of the directory's group use it too, with an empty `entity`.
public struct EntryRecord: Hashable, Sendable {
    /// UTF-8, `Limits.entityIDBytes` long; empty in the directory's group.
    public var entity: [UInt8]
    /// The revision that the first of `events` brings the entity to: 1 for an entity's first event ever.
    public var firstRevision: UInt64
    /// A JSON array of the events, in order, as UTF-8.
    public var events: [UInt8]
    public var request: RequestID?
    /// A hash of (entity, command name, command payload): tells a retry from another command under the same id.
    public var fingerprint: UInt64
    /// The command's reply as JSON.
    public var reply: [UInt8]
    /// The leader's wall clock when it decided.
    public var recordedAt: WallTime

    public init(
        entity: [UInt8], firstRevision: UInt64, events: [UInt8], request: RequestID?, fingerprint: UInt64,
        reply: [UInt8], recordedAt: WallTime
    ) {
        self.entity = entity
        self.firstRevision = firstRevision
        self.events = events
        self.request = request
        self.fingerprint = fingerprint
        self.reply = reply
        self.recordedAt = recordedAt
    }

    /// The bytes of a record with empty fields; a bound for size checks.
    public static let overheadBytesMax = 80

    private static let formatVersion: UInt8 = 1

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: Self.overheadBytesMax + entity.count + events.count + reply.count)
        writer.write(Self.formatVersion)
        writer.write(firstRevision)
        writer.write(recordedAt.milliseconds)
        writer.write(fingerprint)
        switch request {
        case nil: writer.write(UInt8(0))
        case .session(let session):
            writer.write(UInt8(1))
            writer.write(session.client)
            writer.write(session.opened)
            writer.write(session.number)
            writer.write(session.acknowledgedBelow)
        case .key(let key):
            writer.write(UInt8(2))
            writer.writeShort(key)
        }
        writer.writeShort(entity)
        writer.writeLong(events)
        writer.writeLong(reply)
        return writer.bytes
    }

    public init(encoded bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes)
        let version: UInt8 = try reader.read()
        guard version == Self.formatVersion else { throw MalformedBytes("entry format \(version) is not known") }
        firstRevision = try reader.read()
        recordedAt = WallTime(milliseconds: try reader.read())
        fingerprint = try reader.read()
        switch try reader.read(UInt8.self) {
        case 0: request = nil
        case 1:
            request = .session(
                SessionRequest(
                    client: try reader.read(), opened: try reader.read(), number: try reader.read(),
                    acknowledgedBelow: try reader.read()))
        case 2: request = .key(try reader.readShort())
        case let other: throw MalformedBytes("request tag \(other) is not known")
        }
        entity = try reader.readShort()
        events = try reader.readLong(limit: 2 * Limits.payloadBytesMax)
        reply = try reader.readLong(limit: 2 * Limits.payloadBytesMax)
        try reader.finish()
    }
}
