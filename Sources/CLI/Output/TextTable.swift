/// A table for a terminal: columns as wide as their widest cell, two blanks between them.
///
/// On a terminal it fits: text is cut with `…` where it is longest, numbers never are. Elsewhere nothing is cut.
struct TextTable {
    enum Alignment: Sendable { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []
    private var styles: [String: @Sendable (String) -> TextStyle?] = [:]

    /// A column of text keeps at least so many characters.
    private static let widthMin = 6

    init(_ columns: (title: String, alignment: Alignment)...) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// - Precondition: one cell per column.
    mutating func add(_ cells: String...) {
        precondition(cells.count == titles.count, "\(cells.count) cells for \(titles.count) columns")
        rows.append(cells)
    }

    /// How cells of a column stand out, where there is colour.
    mutating func style(_ title: String, _ style: @escaping @Sendable (String) -> TextStyle?) { styles[title] = style }

    /// The title line, then a line per row; no blanks at the ends of lines.
    var lines: [String] { lines(within: nil, hasColor: false) }

    func lines(within columns: Int?, hasColor: Bool) -> [String] {
        let all = [titles] + rows
        let widths = self.widths(of: all, within: columns)
        return all.enumerated().map { position, cells in
            var line = ""
            var blanksBefore = 0
            for (column, full) in cells.enumerated() {
                let cell = Self.cut(full, to: widths[column])
                let blanks = widths[column] - cell.count
                if alignments[column] == .right { blanksBefore += blanks }
                if !cell.isEmpty {
                    line += String(repeating: " ", count: blanksBefore)
                    let style = position == 0 ? TextStyle.bold : styles[titles[column]]?(full)
                    line += hasColor ? style?.applied(to: cell) ?? cell : cell
                    blanksBefore = 0
                }
                if alignments[column] == .left { blanksBefore += blanks }
                blanksBefore += 2
            }
            return line
        }
    }

    private func widths(of all: [[String]], within columns: Int?) -> [Int] {
        var widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        guard let columns else { return widths }
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - columns
        while excess > 0 {
            let texts = widths.indices.filter { alignments[$0] == .left && widths[$0] > max(Self.widthMin, titles[$0].count) }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static func cut(_ cell: String, to width: Int) -> String {
        cell.count <= width ? cell : cell.prefix(width - 1) + "…"
    }

    func print() {
        for line in lines(within: Terminal.isOutput ? Terminal.columns : nil, hasColor: Terminal.hasColor()) { StandardOutput.line(line) }
    }
}
