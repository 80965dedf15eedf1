/// Where a node listens: a host name or IP address, and a TCP port. Written `host:port`, or `[address]:port` for IPv6.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    /// 0 asks for any free port, which makes sense only for listening.
    public var port: Int

    /// Trap: a port outside 0…65,535 is a mistake of the program; text from outside comes through `init(parsing:)`.
    public init(host: String, port: Int) {
        precondition((0...65_535).contains(port), "port \(port) is not between 0 and 65535")
        self.host = host
        self.port = port
    }

    /// Reads `host:port`.
    ///
    /// - Throws: `.invalidAddress`, with a message that says what is wrong with the text.
    public init(parsing text: String) throws(TransportError) {
        guard text.utf8.count <= Self.textBytesMax else {
            throw .invalidAddress(text, "it is longer than \(Self.textBytesMax) bytes")
        }
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw .invalidAddress(text, "the port is missing; write HOST:PORT")
        }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        if host.first == "[" && host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .invalidAddress(text, "an IPv6 address stands in brackets, as in [::1]:7400")
        }
        guard !host.isEmpty else { throw .invalidAddress(text, "the host is missing; write HOST:PORT") }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") })
        else { throw .invalidAddress(text, "the host has a character that no host name or address has") }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), (0...65_535).contains(port)
        else { throw .invalidAddress(text, "the port is not a number between 0 and 65535") }
        self.init(host: String(host), port: port)
    }

    /// Whether only this machine reaches it: a loopback address, or the name `localhost` (RFC 6761 §6.3).
    public var isLoopback: Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// UTF-8 bytes of an address in the handshake: a DNS name has 253 at most.
    static let textBytesMax = 300
}
