import Foundation
import Primitives
import Testing

@testable import CLI

@Suite struct PastMomentTests {
    private let now = Date(timeIntervalSince1970: 1_772_366_400.5)

    @Test(arguments: [
        ("2026-03-01T12:00:00Z", Int64(1_772_366_400_000)), ("2026-03-01T12:00:00.123Z", 1_772_366_400_123),
        ("0s", 1_772_366_400_500), ("90s", 1_772_366_310_500), ("10m", 1_772_365_800_500), ("2h", 1_772_359_200_500),
        ("3d", 1_772_107_200_500),
    ])
    func `a moment is a time, or how long ago it was`(text: String, milliseconds: Int64) throws {
        #expect(try PastMoment(text, now: now).time.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "m", "10", "-10m", "10w", "1.5h", "9223372036854775807d", "3155760001s", "yesterday", "2026-03-01"])
    func `what is neither is refused`(text: String) {
        #expect(throws: (any Error).self) { try PastMoment(text, now: now) }
    }
}
