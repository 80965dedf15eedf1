import Foundation
import Logging
import Testing

@testable import CLI

@Suite struct LineLogHandlerTests {
    // An eighth of a second is exact in binary: nothing is rounded on the way to text.
    private let time = Date(timeIntervalSince1970: 1_772_366_400.125)

    @Test func `an event is one line with its data sorted`() {
        let line = LineLogHandler.line(
            time, .info, "The journal is open.", ["path": "data/1", "groups": "11", "error": "no such file"])
        #expect(line == #"2026-03-01T12:00:00.125Z INFO    The journal is open. error="no such file" groups=11 path=data/1"#)
    }

    @Test func `what came from outside breaks no line`() {
        let line = LineLogHandler.line(time, .warning, "a\nb", ["x": "\u{1B}[2J \"q\""])
        #expect(line == #"2026-03-01T12:00:00.125Z WARNING a\u{a}b x="\u{1b}[2J \"q\"""#)
    }
}
