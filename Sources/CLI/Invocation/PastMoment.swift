import ArgumentParser
import Foundation
import Primitives

/// A moment on the command line: a time as ISO 8601 has it, or how long ago it was: `90s`, `10m`, `2h`, `3d`.
struct PastMoment: Hashable {
    let time: WallTime

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    /// A century: what is longer ago is a slip of the finger.
    private static let secondsMax: Int64 = 3_155_760_000

    init(_ text: String, now: Date) throws(ValidationError) {
        if let time = Self.iso8601(text) {
            self.time = time
            return
        }
        guard let unit = text.last.flatMap({ Self.units[$0] }), let count = Int64(text.dropLast()), (0...Self.secondsMax / unit).contains(count)
        else {
            throw ValidationError(
                "it must be a time as ISO 8601 has it, in UTC (2026-03-01T12:00:00Z or 2026-03-01T12:00:00.123Z), or how long ago it was: "
                    + "90s, 10m, 2h or 3d.")
        }
        time = WallTime(milliseconds: Self.wallTime(now).milliseconds - count * unit * 1_000)
    }

    /// A time as ISO 8601 has it; nil for anything else.
    static func iso8601(_ text: String) -> WallTime? {
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
            if let date = try? style.parse(text) { return wallTime(date) }
        }
        return nil
    }

    private static func wallTime(_ date: Date) -> WallTime {
        WallTime(milliseconds: Int64((date.timeIntervalSince1970 * 1_000).rounded()))
    }
}
