/// CRC-32C (Castagnoli): the checksum of iSCSI (RFC 3720, §B.4), which finds every burst of damage up to 32 bits.
///
/// By table, eight bytes a step: the processor's own instruction is out of reach of Swift without flags that a package may not
/// set.
///
/// - SeeAlso: Kounavis, Berry: A Systematic Approach to Building High Performance Software-based CRC Generators, 2005.
enum CRC32C {
    /// The checksum of `bytes`.
    static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { extend(0, with: $0) } }

    /// The checksum of what `checksum` covers, followed by `bytes`.
    static func extend(_ checksum: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var crc = ~checksum
            var offset = 0
            while offset &+ 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
                crc = entry(table, 7, word) ^ entry(table, 6, word >> 8)
                    ^ entry(table, 5, word >> 16) ^ entry(table, 4, word >> 24)
                    ^ entry(table, 3, word >> 32) ^ entry(table, 2, word >> 40)
                    ^ entry(table, 1, word >> 48) ^ entry(table, 0, word >> 56)
                offset &+= 8
            }
            while offset < bytes.count {
                crc = crc >> 8 ^ entry(table, 0, UInt64(crc) ^ UInt64(bytes[offset]))
                offset &+= 1
            }
            return ~crc
        }
    }

    @inline(__always)
    private static func entry(_ table: UnsafeBufferPointer<UInt32>, _ row: Int, _ word: UInt64) -> UInt32 {
        table[row &* 256 &+ Int(truncatingIfNeeded: word & 0xFF)]
    }

    /// Row 0 is the CRC of each byte; row n that of each byte followed by n zero bytes.
    private static let table: [UInt32] = {
        let polynomial: UInt32 = 0x82F6_3B78
        var table = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ polynomial : crc >> 1 }
            table[byte] = crc
        }
        for index in 256..<table.count {
            let previous = table[index - 256]
            table[index] = previous >> 8 ^ table[Int(previous & 0xFF)]
        }
        return table
    }()
}
