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

    @Test func `an empty table is its titles`() {
        #expect(TextTable(("A", .left), ("B", .right)).lines == ["A  B"])
    }
}
