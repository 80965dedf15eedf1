/// One shard of a kind; `counter/7` as text.
public struct ShardID: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// The kind's stable name.
    public var kind: String
    /// 0 ..< the kind's number of shards.
    public var number: Int

    /// The shard `number` of a kind.
    public init(kind: String, number: Int) {
        self.kind = kind
        self.number = number
    }

    /// Reads `counter/7`; nil for anything else.
    public init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/") else { return nil }
        let kind = String(text[..<slash])
        let digits = text[text.index(after: slash)...]
        guard StableName.isValid(kind), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), "\(number)" == digits
        else { return nil }
        self.init(kind: kind, number: number)
    }

    public var description: String { "\(kind)/\(number)" }

    public static func < (left: ShardID, right: ShardID) -> Bool {
        (left.kind, left.number) < (right.kind, right.number)
    }
}
