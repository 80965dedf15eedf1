import Primitives

/// The spelling of names that people type and that stand on disk.
public enum Names {
    /// Checks the name of an entity kind: a letter, then letters, digits, `.`, `_` or `-`.
    ///
    /// - Throws: `.malformedName`, which says what is wrong.
    public static func checkKind(_ name: String) throws(DirectoryRefusal) {
        try check(name, what: "kind")
        guard let first = name.utf8.first, isLetter(first) else {
            throw DirectoryRefusal(.malformedName, "the kind '\(name)' does not begin with a letter")
        }
        guard name != "directory" else {
            throw DirectoryRefusal(.malformedName, "'directory' is the cluster's own; choose another name for the kind")
        }
    }

    /// Checks the name of a node: letters, digits, `.`, `_` or `-`, and not digits alone, which would read as an id.
    ///
    /// - Throws: `.malformedName`, which says what is wrong.
    public static func checkNode(_ name: String) throws(DirectoryRefusal) {
        try check(name, what: "node")
        guard !name.utf8.allSatisfy(isDigit) else {
            throw DirectoryRefusal(.malformedName, "the node name '\(name)' is a number and would be read as a node id")
        }
    }

    private static func check(_ name: String, what: String) throws(DirectoryRefusal) {
        guard Limits.nameBytes.contains(name.utf8.count) else {
            throw DirectoryRefusal(
                .malformedName,
                "a \(what) name has \(Limits.nameBytes.lowerBound) to \(Limits.nameBytes.upperBound) bytes, not \(name.utf8.count)")
        }
        guard name.utf8.allSatisfy({ isLetter($0) || isDigit($0) || isMark($0) }) else {
            throw DirectoryRefusal(
                .malformedName,
                "the \(what) name '\(name)' may have only letters a-z and A-Z, digits, '.', '_' and '-'")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
