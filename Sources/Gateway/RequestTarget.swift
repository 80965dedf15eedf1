internal import HTTPTypes

/// What a request's path and query name.
struct RequestTarget: Equatable, Sendable {
    var place: Place
    /// Decoded, in the order written.
    var query: [QueryItem]

    struct QueryItem: Equatable, Sendable {
        var name: String
        var value: String
    }

    enum Place: Equatable, Sendable {
        case entity(kind: String, id: [UInt8])
        /// `…/{kind}/{id}/{name}`: a command, or the entity's events.
        case member(kind: String, id: [UInt8], name: String)
        case cluster
        /// Operations on the cluster.
        case move
        case remove
        case health
        case readiness
        case metrics
        case description
        case dashboard
    }

    /// What entities' paths begin with.
    static let entities = "/v1/entities/"

    /// Reads the request target of RFC 9112 §3.2.
    /// - Throws: 404 for a path that is not served, 400 for one that cannot be decoded.
    init(_ text: String) throws(GatewayError) {
        var path = Substring(text)
        // The absolute form, which servers must take as well.
        if path.utf8.first != UInt8(ascii: "/"), let scheme = path.firstRange(of: "://") {
            let rest = path[scheme.upperBound...]
            path = rest.firstIndex(where: { $0 == "/" || $0 == "?" }).map { rest[$0...] } ?? ""
        }
        var queryText = Substring()
        if let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) {
            queryText = path[path.utf8.index(after: mark)...]
            path = path[..<mark]
        }
        place = try Self.place(path)
        query = try Self.items(queryText)
    }

    private static func place(_ path: Substring) throws(GatewayError) -> Place {
        switch path {
        case "/", "": return .dashboard
        case "/v1/cluster": return .cluster
        case "/v1/cluster/move": return .move
        case "/v1/cluster/remove": return .remove
        case "/healthz": return .health
        case "/readyz": return .readiness
        case "/metrics": return .metrics
        case "/openapi.json": return .description
        default: break
        }
        let prefix = Self.entities
        let parts = path.utf8.dropFirst(prefix.utf8.count).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard path.utf8.starts(with: prefix.utf8), parts.count == 2 || parts.count == 3 else {
            throw .notFound(String(path.prefix(200)))
        }
        let kind = try decodedText(parts[0], "the kind")
        let id = try decoded(parts[1], "the entity id")
        if parts.count == 2 { return .entity(kind: kind, id: id) }
        return .member(kind: kind, id: id, name: try decodedText(parts[2], "the command"))
    }

    private static func items(_ text: Substring) throws(GatewayError) -> [QueryItem] {
        var items: [QueryItem] = []
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decodedText(halves[0].utf8, "a query parameter")
            let value = halves.count == 2 ? try decodedText(halves[1].utf8, "the query parameter \(name)") : ""
            guard !items.contains(where: { $0.name == name }) else {
                throw .malformed("the query parameter \(name) is given twice")
            }
            items.append(QueryItem(name: name, value: value))
        }
        return items
    }

    private static func decodedText(_ text: Substring.UTF8View, _ what: String) throws(GatewayError) -> String {
        guard let decoded = String(validating: try decoded(text, what), as: UTF8.self) else {
            throw .malformed("\(what) is not UTF-8")
        }
        return decoded
    }

    /// Undoes percent-encoding (RFC 3986 §2.1). A plus sign is a plus sign.
    private static func decoded(_ text: Substring.UTF8View, _ what: String) throws(GatewayError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw .malformed("\(what) has a % that two hexadecimal digits do not follow")
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension RequestTarget {
    /// - Throws: 400 for a parameter that is not among `names`: a misspelt one would otherwise be ignored in silence.
    func allowOnly(_ names: String...) throws(GatewayError) {
        for item in query where !names.contains(item.name) {
            let known = names.isEmpty ? "there are none here" : "there is \(names.joined(separator: ", "))"
            throw .malformed("the query parameter \(item.name) is not known; \(known)")
        }
    }

    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// A whole number without a sign; by default one that a signed 64-bit integer holds, as every client has it.
    func number(_ name: String, in range: ClosedRange<UInt64> = 0...UInt64(Int64.max)) throws(GatewayError) -> UInt64? {
        guard let text = value(name) else { return nil }
        guard let number = UInt64(decimal: text), range.contains(number) else {
            throw .malformed(
                "the query parameter \(name) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension UInt64 {
    /// Digits and nothing else; nil for what is no 64-bit number.
    init?(decimal text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        self.init(text)
    }
}
