import Engine
import Primitives
import Testing

@testable import Journal

@Suite struct PositionCodecTests {
    private func decode(_ bytes: [UInt8], _ count: Int) -> [Int64]? {
        bytes.withUnsafeBytes { PositionCodec.decode($0, count: count) }
    }

    @Test func `ascending positions come back`() {
        var generator = RandomGenerator(seed: 1)
        for _ in 0..<200 {
            var position: Int64 = 0
            let positions = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                position += Int64.random(in: 1...(1 << Int64.random(in: 0...40, using: &generator)), using: &generator)
                return position
            }
            #expect(decode(PositionCodec.encode(positions), positions.count) == positions)
        }
    }

    @Test func `a wrong count, a cut number, a zero step or an overflow is refused`() {
        let bytes = PositionCodec.encode([5, 600, 601])
        #expect(decode(bytes, 2) == nil)
        #expect(decode(bytes, 4) == nil)
        #expect(decode(bytes, -1) == nil)
        #expect(decode([5, 0x80], 2) == nil)
        #expect(decode([5, 0], 2) == nil)
        #expect(decode([UInt8](repeating: 0xff, count: 12), 1) == nil)
        #expect(decode(Array(repeating: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], count: 2).flatMap { $0 }, 2) == nil)
    }
}
