/// XXH64 (Collet, the xxHash specification 0.1.1): a fast 64-bit hash that finds accidental damage. Not for secrets.
public enum Checksum {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The XXH64 of `bytes` under `seed`.
    public static func xxh64(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBytes { xxh64($0, seed: seed) }
    }

    /// The XXH64 of `bytes` under `seed`.
    public static func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        var offset = 0
        var hash: UInt64
        if count >= 32 {
            var lane1 = seed &+ prime1 &+ prime2
            var lane2 = seed &+ prime2
            var lane3 = seed
            var lane4 = seed &- prime1
            while offset &+ 32 <= count {
                lane1 = round(lane1, load64(bytes, offset))
                lane2 = round(lane2, load64(bytes, offset &+ 8))
                lane3 = round(lane3, load64(bytes, offset &+ 16))
                lane4 = round(lane4, load64(bytes, offset &+ 24))
                offset &+= 32
            }
            hash = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
            hash = merge(merge(merge(merge(hash, lane1), lane2), lane3), lane4)
        } else {
            hash = seed &+ prime5
        }
        hash = hash &+ UInt64(count)
        while offset &+ 8 <= count {
            hash = rotate(hash ^ round(0, load64(bytes, offset)), 27) &* prime1 &+ prime4
            offset &+= 8
        }
        if offset &+ 4 <= count {
            let word = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            hash = rotate(hash ^ (word &* prime1), 23) &* prime2 &+ prime3
            offset &+= 4
        }
        while offset < count {
            hash = rotate(hash ^ (UInt64(bytes[offset]) &* prime5), 11) &* prime1
            offset &+= 1
        }
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    /// The checksum of an entry, chained over its predecessor's: XXH64 of (term, index, type, payload) seeded with `previous`.
    ///
    /// Equal checksums at one index mean equal logs up to it, so replicas compare by one number.
    public static func chained(
        previous: UInt64, term: Term, index: LogIndex, type: UInt8, payload: [UInt8]
    ) -> UInt64 {
        payload.withUnsafeBytes { chained(previous: previous, term: term, index: index, type: type, payload: $0) }
    }

    /// The same of a payload where it lies.
    public static func chained(
        previous: UInt64, term: Term, index: LogIndex, type: UInt8, payload: UnsafeRawBufferPointer
    ) -> UInt64 {
        // The header is mixed into the seed so that the payload is hashed where it lies, without a copy.
        let header = (term.rawValue, index.rawValue, UInt64(type))
        let seed = withUnsafeBytes(of: (header.0.littleEndian, header.1.littleEndian, header.2.littleEndian)) {
            xxh64($0, seed: previous)
        }
        return xxh64(payload, seed: seed)
    }

    private static func load64(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 &- bits) }
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }
}
