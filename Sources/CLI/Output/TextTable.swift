/// A table for a terminal: columns as wide as their widest cell, two blanks between them.
struct TextTable {
    enum Alignment: Sendable { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: (title: String, alignment: Alignment)...) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// - Precondition: one cell per column.
    mutating func add(_ cells: String...) {
        precondition(cells.count == titles.count, "\(cells.count) cells for \(titles.count) columns")
        rows.append(cells)
    }

    /// The title line, then a line per row; no blanks at the ends of lines.
    var lines: [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += alignments[column] == .left ? cell + blanks : blanks + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    func print() {
        for line in lines { StandardOutput.line(line) }
    }
}
