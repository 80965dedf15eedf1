import Primitives

/// The checksum of a row that is no log entry (a vote, a checkpoint, an entity, a session, a key): XXH64 over its fields in the
/// order of the table's columns, each seeded with what came before.
struct RowChecksum {
    private(set) var value: UInt64

    /// Rows of different tables never share a checksum by having equal fields.
    init(_ table: StaticString) {
        value = table.withUTF8Buffer { Checksum.xxh64(UnsafeRawBufferPointer($0), seed: 0) }
    }

    mutating func mix(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { value = Checksum.xxh64($0, seed: value) }
    }
    mutating func mix(_ number: Int64) { mix(UInt64(bitPattern: number)) }
    mutating func mix(_ bytes: [UInt8]) { value = Checksum.xxh64(bytes, seed: value) }
    mutating func mix(_ bytes: UnsafeRawBufferPointer) { value = Checksum.xxh64(bytes, seed: value) }

    /// NULL and a value are never the same.
    mutating func mix(_ number: Int64?) {
        mix(number == nil ? 0 : 1 as UInt64)
        if let number { mix(number) }
    }
    mutating func mix(_ bytes: [UInt8]?) {
        mix(bytes == nil ? 0 : 1 as UInt64)
        if let bytes { mix(bytes) }
    }
    mutating func mix(_ text: String?) { mix(text.map { Array($0.utf8) }) }
}
