/// Where a node listens: a host name or an IP address, and a port. Written `host:port`, an IPv6 address in brackets.
public struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public private(set) var host: String
    /// 1…65535.
    public private(set) var port: Int

    /// Reads `host:port` or `[ipv6]:port`.
    ///
    /// - Throws: `.malformedAddress`, which says what is wrong with `text`.
    public init(_ text: String) throws(DirectoryRefusal) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw .malformedAddress(text, "it has no port; write host:port")
        }
        try self.init(written: String(text[..<colon]), port: String(text[text.index(after: colon)...]), in: text)
    }

    private init(written: String, port portText: String, in text: String) throws(DirectoryRefusal) {
        guard portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(portText), (1...65_535).contains(port)
        else { throw .malformedAddress(text, "the port '\(portText)' is not a number from 1 to 65535") }
        var host = written
        if host.hasPrefix("[") || host.hasSuffix("]") {
            guard host.hasPrefix("["), host.hasSuffix("]"), host.utf8.count > 2 else {
                throw .malformedAddress(text, "its brackets do not match")
            }
            host = String(host.dropFirst().dropLast())
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            throw .malformedAddress(text, "an IPv6 address stands in brackets: [::1]:7400")
        }
        try self.init(host: host, port: port)
    }

    /// - Throws: `.malformedAddress` for an empty host, one over 255 bytes or with blanks or control characters in it, or a
    ///   port outside 1…65535.
    public init(host: String, port: Int) throws(DirectoryRefusal) {
        guard (1...255).contains(host.utf8.count) else {
            throw .malformedAddress("\(host):\(port)", "the host is empty or longer than 255 bytes")
        }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") })
        else {
            throw .malformedAddress("\(host):\(port)", "the host has a character that no host name has")
        }
        guard (1...65_535).contains(port) else {
            throw .malformedAddress("\(host):\(port)", "the port is not a number from 1 to 65535")
        }
        self.host = host
        self.port = port
    }

    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension NodeAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let refusal as DirectoryRefusal {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refusal.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
