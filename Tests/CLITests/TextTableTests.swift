import Testing

@testable import CLI

@Suite struct TextTableTests {
    @Test func `columns are as wide as their widest cell`() {
        var table = TextTable(("NODE", .right), ("NAME", .left), ("OWNS", .right))
        table.add("1", "node-1", "4")
        table.add("12", "x", "1000")
        #expect(
            table.lines == [
                "NODE  NAME    OWNS",
                "   1  node-1     4",
                "  12  x       1000",
            ])
    }

    @Test func `no line ends with blanks`() {
        var table = TextTable(("SHARD", .left), ("BEHIND", .left))
        table.add("counter/0", "")
        #expect(table.lines == ["SHARD      BEHIND", "counter/0"])
    }

    @Test func `a table that is too wide is cut where its text is longest`() {
        var table = TextTable(("NAME", .left), ("ADDRESS", .left), ("COUNT", .right))
        table.add("short", "a-host-with-a-long-name.example:7400", "1234567890")
        #expect(table.lines(within: 40, hasColor: false).allSatisfy { $0.count <= 40 })
        #expect(table.lines(within: 40, hasColor: false)[1].hasSuffix("…  1234567890"))
        // Numbers are never cut, however narrow it is.
        #expect(table.lines(within: 10, hasColor: false)[1].hasSuffix("1234567890"))
    }

    @Test func `colour stands around a cell and not around blanks`() {
        var table = TextTable(("NODE", .right), ("STATUS", .left))
        table.style("STATUS") { $0 == "down" ? .red : nil }
        table.add("1", "down")
        table.add("2", "up")
        #expect(table.lines(within: nil, hasColor: true)[1...] == ["   1  \u{1B}[31mdown\u{1B}[0m", "   2  up"])
    }

    @Test func `an empty table is its titles`() {
        #expect(TextTable(("A", .left), ("B", .right)).lines == ["A  B"])
    }
}
