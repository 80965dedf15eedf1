public import Primitives

/// A checkpoint, or a part of one, as bytes: how it travels to a replica that is too far behind for entries.
extension ShardCheckpoint {
    private static let formatVersion: UInt8 = 1

    /// Encodes every state to JSON that is not yet; see `EntityRow.stored()`.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.write(Self.formatVersion)
        writer.write(index.rawValue)
        writer.write(term.rawValue)
        writer.write(checksum)
        writer.write(forgottenOpened)
        writer.write(keysForgottenThrough.rawValue)
        writer.writeLong(meta)
        writer.write(UInt32(entities.count))
        for row in entities {
            writer.writeShort(row.entity)
            row.stored().write(to: &writer)
        }
        writer.write(UInt32(sessions.count))
        for row in sessions { row.write(to: &writer) }
        writer.write(UInt32(sessionsRemoved.count))
        for client in sessionsRemoved { writer.write(client) }
        writer.write(UInt32(keys.count))
        for row in keys { row.write(to: &writer) }
        return writer.bytes
    }

    /// Never traps; what is not the format throws.
    public init(encoded bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes)
        let version: UInt8 = try reader.read()
        guard version == Self.formatVersion else { throw MalformedBytes("checkpoint format \(version) is not known") }
        self.init(
            index: LogIndex(try reader.read()), term: Term(try reader.read()), checksum: try reader.read(),
            forgottenOpened: try reader.read(), keysForgottenThrough: LogIndex(try reader.read()),
            meta: try reader.readLong(limit: .max))
        // Counts are not trusted with memory: each row is read before there is room for the next.
        for _ in 0..<(try reader.read(UInt32.self)) {
            let entity = try reader.readShort()
            entities.append(EntityRow(entity: entity, stored: try StoredState(from: &reader)))
        }
        for _ in 0..<(try reader.read(UInt32.self)) { sessions.append(try SessionRow(from: &reader)) }
        for _ in 0..<(try reader.read(UInt32.self)) { sessionsRemoved.append(try reader.read()) }
        for _ in 0..<(try reader.read(UInt32.self)) { keys.append(try KeyRow(from: &reader)) }
        try reader.finish()
    }
}

extension StoredState {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(revision)
        writer.writeLong(state)
        writer.write(unapplied != nil)
        if let unapplied { writer.writeLong(unapplied) }
    }

    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(revision: try reader.read(), state: try reader.readLong(limit: .max))
        if try reader.readBool() { unapplied = try reader.readLong(limit: .max) }
    }
}

extension StoredReply {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(index.rawValue)
        writer.write(term.rawValue)
        writer.write(revision)
        writer.write(fingerprint)
        writer.writeLong(outcome.json)
        writer.write(outcome.isRefusal)
        if let message = outcome.refusalMessage { writer.writeLong(Array(message.utf8)) }
    }

    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(
            index: LogIndex(try reader.read()), term: Term(try reader.read()), revision: try reader.read(),
            fingerprint: try reader.read(), outcome: Outcome(json: try reader.readLong(limit: .max)))
        guard try reader.readBool() else { return }
        guard let message = String(validating: try reader.readLong(limit: .max), as: UTF8.self) else {
            throw MalformedBytes("a refusal's message is not UTF-8")
        }
        outcome.refusalMessage = message
    }
}

extension SessionRow {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(client)
        writer.write(opened)
        writer.write(acknowledgedBelow)
        writer.write(lastIndex.rawValue)
        writer.write(UInt32(replies.count))
        for reply in replies {
            writer.write(reply.number)
            reply.reply.write(to: &writer)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(
            client: try reader.read(), opened: try reader.read(), acknowledgedBelow: try reader.read(),
            lastIndex: LogIndex(try reader.read()), replies: [])
        for _ in 0..<(try reader.read(UInt32.self)) {
            replies.append(NumberedReply(number: try reader.read(), reply: try StoredReply(from: &reader)))
        }
    }
}

extension KeyRow {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.writeShort(entity)
        writer.writeShort(key)
        writer.write(recordedAt.milliseconds)
        reply.write(to: &writer)
    }

    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        self.init(
            entity: try reader.readShort(), key: try reader.readShort(),
            recordedAt: WallTime(milliseconds: try reader.read()), reply: try StoredReply(from: &reader))
    }
}
