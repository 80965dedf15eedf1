import Primitives

/// The form of the names of kinds, commands and queries, which stand in journals, on the wire and in URLs.
public enum StableName {
    /// The rule in words.
    public static let rule = "a name is 1 to 64 of a–z, A–Z, 0–9, - and _, and begins with a letter"

    /// Whether a name keeps to the rule.
    public static func isValid(_ name: String) -> Bool {
        guard Limits.nameBytes.contains(name.utf8.count) else { return false }
        var isFirst = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                guard !isFirst else { return false }
            default: return false
            }
            isFirst = false
        }
        return true
    }
}
