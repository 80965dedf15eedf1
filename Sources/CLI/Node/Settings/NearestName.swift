/// What somebody may have meant who wrote a name that is none.
enum NearestName {
    /// The name with the fewest letters to be changed, if they are few; the first of several.
    static func of(_ text: String, among names: [String]) -> String? {
        let best = names.map { ($0, distance(text, $0)) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, text.count / 3) else { return nil }
        return best.0
    }

    /// Letters to be added, dropped or replaced (Levenshtein, 1966).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var corner = row[0]
            row[0] = line + 1
            for column in right.indices {
                let replaced = corner + (letter == right[column] ? 0 : 1)
                corner = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, corner + 1)
            }
        }
        return row[right.count]
    }
}
