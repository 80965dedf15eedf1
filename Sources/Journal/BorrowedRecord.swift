import Primitives

/// The fields of an encoded `EntryRecord`, found and not copied: slices point into the payload they were read from.
///
/// The same format as `EntryRecord.encoded()`; a test holds the two together. Valid only while the payload's bytes are.
struct BorrowedRecord {
    enum Request {
        case none
        case session(client: UInt64, opened: Int64, number: UInt64, acknowledgedBelow: UInt64)
        case key(UnsafeRawBufferPointer)
    }

    var firstRevision: UInt64 = 0
    var recordedAt: Int64 = 0
    var fingerprint: UInt64 = 0
    var request = Request.none
    var entity = UnsafeRawBufferPointer(start: nil, count: 0)
    var events = UnsafeRawBufferPointer(start: nil, count: 0)
    var reply = UnsafeRawBufferPointer(start: nil, count: 0)

    private static let fixedBytes = 26
    private static let formatVersion: UInt8 = 1

    /// Nil unless every byte is accounted for: then, and only then, the columns give the same payload back.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= Self.fixedBytes, payload[0] == Self.formatVersion else { return nil }
        firstRevision = UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
        recordedAt = Int64(littleEndian: payload.loadUnaligned(fromByteOffset: 9, as: Int64.self))
        fingerprint = UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 17, as: UInt64.self))
        var cursor = Cursor(bytes: payload, offset: Self.fixedBytes)
        switch payload[25] {
        case 0: break
        case 1:
            guard payload.count >= Self.fixedBytes + 32 else { return nil }
            request = .session(
                client: UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 26, as: UInt64.self)),
                opened: Int64(littleEndian: payload.loadUnaligned(fromByteOffset: 34, as: Int64.self)),
                number: UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 42, as: UInt64.self)),
                acknowledgedBelow: UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 50, as: UInt64.self)))
            cursor.offset += 32
        case 2:
            guard let key = cursor.short() else { return nil }
            request = .key(key)
        default: return nil
        }
        guard let entity = cursor.short(), let events = cursor.long(), let reply = cursor.long(),
            cursor.offset == payload.count
        else { return nil }
        self.entity = entity
        self.events = events
        self.reply = reply
    }

    /// The bytes of the encoded record.
    var encodedBytes: Int {
        let requestBytes =
            switch request {
            case .none: 0
            case .session: 32
            case .key(let key): 2 + key.count
            }
        return Self.fixedBytes + requestBytes + 2 + entity.count + 4 + events.count + 4 + reply.count
    }

    /// An empty record, to be filled from columns.
    init() {}

    /// Writes the encoded record; nil if a field is too long for the format, so that no record can have such columns.
    func encoded() -> [UInt8]? {
        guard isEncodable else { return nil }
        let count = encodedBytes
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            write(to: UnsafeMutableRawPointer(buffer.baseAddress!))
            initialized = count
        }
    }

    /// Writes the encoded record over the beginning of `buffer`, which grows if it must; nil as `encoded()`.
    /// - Returns: how many bytes it takes there.
    func encode(into buffer: inout [UInt8]) -> Int? {
        guard isEncodable else { return nil }
        let count = encodedBytes
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: 2 * count) }
        buffer.withUnsafeMutableBytes { write(to: $0.baseAddress!) }
        return count
    }

    private var isEncodable: Bool {
        if case .key(let key) = request, key.count > UInt16.max { return false }
        return entity.count <= UInt16.max && events.count <= UInt32.max && reply.count <= UInt32.max
    }

    /// Writes `encodedBytes` bytes.
    private func write(to start: UnsafeMutableRawPointer) {
        var writer = Writer(start: start)
        writer.write(Self.formatVersion)
        writer.write(firstRevision)
        writer.write(recordedAt)
        writer.write(fingerprint)
        switch request {
        case .none: writer.write(UInt8(0))
        case .session(let client, let opened, let number, let acknowledgedBelow):
            writer.write(UInt8(1))
            writer.write(client)
            writer.write(opened)
            writer.write(number)
            writer.write(acknowledgedBelow)
        case .key(let key):
            writer.write(UInt8(2))
            writer.write(UInt16(key.count))
            writer.write(key)
        }
        writer.write(UInt16(entity.count))
        writer.write(entity)
        writer.write(UInt32(events.count))
        writer.write(events)
        writer.write(UInt32(reply.count))
        writer.write(reply)
    }

    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        var offset: Int

        mutating func short() -> UnsafeRawBufferPointer? {
            guard bytes.count - offset >= 2 else { return nil }
            let count = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset += 2
            return slice(Int(count))
        }

        mutating func long() -> UnsafeRawBufferPointer? {
            guard bytes.count - offset >= 4 else { return nil }
            let count = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset += 4
            return slice(Int(count))
        }

        private mutating func slice(_ count: Int) -> UnsafeRawBufferPointer? {
            guard bytes.count - offset >= count else { return nil }
            defer { offset += count }
            return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        }
    }

    /// Fills exactly `encodedBytes` bytes.
    private struct Writer {
        var start: UnsafeMutableRawPointer

        mutating func write(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { write($0) }
        }

        mutating func write(_ bytes: UnsafeRawBufferPointer) {
            if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
            start += bytes.count
        }
    }
}
