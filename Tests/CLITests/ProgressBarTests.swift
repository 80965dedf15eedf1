import Testing

@testable import CLI

@Suite struct ProgressBarTests {
    @Test func `a bar says how much is done and how long it takes`() {
        let line = ProgressBar.line("copying", .bytes, 512 << 20, of: 2048 << 20, after: .seconds(2))
        #expect(line == "copying  [#####···············]  25 %  512 of 2,048 MiB  6 s left")
    }

    @Test func `a total that is not known is left out`() {
        #expect(ProgressBar.line("reading", .count("entries"), 1_234_567, of: nil, after: .zero) == "reading  1,234,567 entries")
    }

    @Test func `what goes beyond the total is the total`() {
        let line = ProgressBar.line("reading", .count("entries"), 11, of: 10, after: .seconds(5))
        #expect(line == "reading  [####################]  100 %  10 of 10 entries")
    }

    @Test func `a long time is told in minutes`() {
        #expect(ProgressBar.line("r", .count("x"), 10, of: 100, after: .seconds(60)).hasSuffix("9 min left"))
    }
}
