import Testing

@testable import Transport

@Suite struct CRC32CTests {
    @Test("It gives the checksums of RFC 3720, appendix B.4")
    func published() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum([UInt8]((0..<32).reversed())) == 0x113F_DB5C)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test("It is the same bit by bit, for every length and in pieces")
    func pieces() {
        let bytes = (0..<67).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 13) }
        for count in 0...bytes.count {
            let whole = Array(bytes[..<count])
            #expect(CRC32C.checksum(whole) == slow(whole))
            for cut in 0...count {
                let first = CRC32C.checksum(Array(whole[..<cut]))
                let both = Array(whole[cut...]).withUnsafeBytes { CRC32C.extend(first, with: $0) }
                #expect(both == slow(whole))
            }
        }
    }

    private func slow(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = .max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
