/// The commands of one kind of entity, by stable name.
public struct Commands<Target: Entity>: Sendable, ExpressibleByDictionaryLiteral {
    /// In the order written.
    public let listed: [(name: String, type: any Command<Target>.Type)]

    /// Trap: a name that is listed twice or malformed, a type that is listed twice.
    public init(dictionaryLiteral elements: (String, any Command<Target>.Type)...) {
        listed = elements.map { (name: $0.0, type: $0.1) }
        checkListed(elements.map { ($0.0, ObjectIdentifier($0.1)) }, of: Target.self)
    }

    /// The stable name of a command type; nil if it is not listed.
    public func name(of type: any Command<Target>.Type) -> String? {
        for entry in listed where entry.type == type { return entry.name }
        return nil
    }
}

/// The queries of one kind of entity, by stable name.
public struct Queries<Target: Entity>: Sendable, ExpressibleByDictionaryLiteral {
    /// In the order written.
    public let listed: [(name: String, type: any Query<Target>.Type)]

    /// Trap: a name that is listed twice or malformed, a type that is listed twice.
    public init(dictionaryLiteral elements: (String, any Query<Target>.Type)...) {
        listed = elements.map { (name: $0.0, type: $0.1) }
        checkListed(elements.map { ($0.0, ObjectIdentifier($0.1)) }, of: Target.self)
    }

    /// The stable name of a query type; nil if it is not listed.
    public func name(of type: any Query<Target>.Type) -> String? {
        for entry in listed where entry.type == type { return entry.name }
        return nil
    }
}

private func checkListed(_ entries: [(name: String, type: ObjectIdentifier)], of target: Any.Type) {
    for (position, entry) in entries.enumerated() {
        precondition(StableName.isValid(entry.name), "\(target) lists \"\(entry.name)\": \(StableName.rule)")
        for earlier in entries[..<position] {
            precondition(earlier.name != entry.name, "\(target) lists \"\(entry.name)\" twice")
            precondition(
                earlier.type != entry.type,
                "\(target) lists one type as \"\(earlier.name)\" and \"\(entry.name)\"")
        }
    }
}
