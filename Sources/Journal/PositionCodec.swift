import Primitives

/// The blobs of a row of `segments`: ascending positions as differences in LEB128, and one 32-bit little-endian hash per entry.
enum PositionCodec {
    static func encode(_ positions: some Collection<Int64>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(positions.count * 2 + 8)
        var previous: Int64 = 0
        for position in positions {
            precondition(position > previous, "position \(position) after \(previous)")
            var difference = UInt64(position - previous)
            while difference >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: difference) | 0x80)
                difference >>= 7
            }
            bytes.append(UInt8(difference))
            previous = position
        }
        return bytes
    }

    /// Nil unless the bytes are `count` ascending positions and nothing else.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Int64]? {
        guard count >= 0, count <= bytes.count else { return nil }
        var positions: [Int64] = []
        positions.reserveCapacity(count)
        var previous: Int64 = 0
        var offset = 0
        while offset < bytes.count {
            var difference: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                guard offset < bytes.count, shift < 63 else { return nil }
                let byte = bytes[offset]
                offset += 1
                difference |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            let (position, overflow) = previous.addingReportingOverflow(Int64(difference))
            guard !overflow, difference > 0 else { return nil }
            positions.append(position)
            previous = position
        }
        return positions.count == count ? positions : nil
    }

    static func encode(hashes: some Collection<UInt32>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * 4)
        for hash in hashes { withUnsafeBytes(of: hash.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Which of the hashes are this one, ascending.
    static func offsets(of hash: UInt32, in bytes: UnsafeRawBufferPointer) -> [Int] {
        var offsets: [Int] = []
        let wanted = hash.littleEndian
        // A file has one hash per entry: a plain loop.
        var offset = 0
        let count = bytes.count / 4
        while offset < count {
            if bytes.loadUnaligned(fromByteOffset: offset * 4, as: UInt32.self) == wanted { offsets.append(offset) }
            offset += 1
        }
        return offsets
    }

    /// Nil unless there are `count` hashes.
    static func decodeHashes(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt32]? {
        guard bytes.count == 4 * count else { return nil }
        return (0..<count).map {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
        }
    }
}
