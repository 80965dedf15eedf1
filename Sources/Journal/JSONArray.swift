/// Cuts the text of a JSON array into the texts of its elements.
enum JSONArray {
    /// Empty for anything that is no array. Elements are not checked any further: they were when they were journaled.
    static func elements(_ text: [UInt8]) -> [[UInt8]] {
        var elements: [[UInt8]] = []
        var depth = 0
        var isString = false
        var start: Int?
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            if isString {
                if byte == UInt8(ascii: "\\") { offset += 1 } else if byte == UInt8(ascii: "\"") { isString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""):
                    isString = true
                    if depth == 1, start == nil { start = offset }
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    if depth == 1, start == nil { start = offset }
                    depth += 1
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    depth -= 1
                    if depth == 0, let first = start { elements.append(trimmed(text[first..<offset])) }
                    if depth <= 0 { return elements }
                case UInt8(ascii: ",") where depth == 1:
                    if let first = start { elements.append(trimmed(text[first..<offset])) }
                    start = nil
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
                default:
                    if depth == 0 { return [] }
                    if depth == 1, start == nil { start = offset }
                }
            }
            offset += 1
        }
        return []
    }

    private static func trimmed(_ slice: ArraySlice<UInt8>) -> [UInt8] {
        var slice = slice
        while let last = slice.last, last == 0x20 || last == 0x0A || last == 0x0D || last == 0x09 { slice.removeLast() }
        return Array(slice)
    }
}
