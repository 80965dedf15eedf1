import Primitives

/// The payload of a handshake frame.
///
/// Its layout never changes between versions, as the version is not known before it is read: later versions may only append
/// fields, and readers pass over what follows the fields they know.
enum HandshakeMessage: Hashable, Sendable {
    case hello(Hello)
    case welcome(Welcome)
    case rejection(Rejection)

    /// "HOLDFAST" as it lies on the wire.
    static let magic: UInt64 = 0x5453_4146_444C_4F48
    static let rejectionBytesMax = 1_024

    private enum Kind {
        static let hello: UInt8 = 1
        static let welcome: UInt8 = 2
        static let rejection: UInt8 = 3
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.write(Self.magic)
        switch self {
        case .hello(let hello):
            writer.write(Kind.hello)
            writer.write(hello.versions.lowerBound)
            writer.write(hello.versions.upperBound)
            writer.write(hello.role.rawValue)
            writer.write(hello.identity)
            writer.write(hello.expected?.rawValue ?? 0)
            writer.write(earlier: hello.identity.starts)
        case .welcome(let welcome):
            writer.write(Kind.welcome)
            writer.write(welcome.version)
            writer.write(welcome.identity)
            writer.write(earlier: welcome.identity.starts)
        case .rejection(let rejection):
            writer.write(Kind.rejection)
            writer.write(rejection.code.rawValue)
            writer.writeShort(Self.shortened(rejection.message))
        }
        return writer.bytes
    }

    init(_ payload: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(payload)
        guard try reader.read(UInt64.self) == Self.magic else {
            throw MalformedBytes("the handshake does not begin with HOLDFAST")
        }
        switch try reader.read(UInt8.self) {
        case Kind.hello: self = .hello(try Self.readHello(&reader))
        case Kind.welcome:
            var welcome = Welcome(version: try reader.read(), identity: try reader.readIdentity())
            try reader.readEarlier(into: &welcome.identity.starts)
            self = .welcome(welcome)
        case Kind.rejection:
            let code = Rejection.Code(rawValue: try reader.read())
            self = .rejection(Rejection(code, try reader.readShortString()))
        case let other: throw MalformedBytes("handshake message \(other) is unknown")
        }
    }

    private static func readHello(_ reader: inout ByteReader) throws(MalformedBytes) -> Hello {
        let lowest = try reader.read(UInt16.self)
        let highest = try reader.read(UInt16.self)
        guard lowest <= highest else { throw MalformedBytes("the versions \(lowest) to \(highest) are no range") }
        let number = try reader.read(UInt8.self)
        guard let role = Hello.Role(rawValue: number) else { throw MalformedBytes("the role \(number) is unknown") }
        var identity = try reader.readIdentity()
        let expected = try reader.read(UInt32.self)
        try reader.readEarlier(into: &identity.starts)
        if role == .peerMain || role == .peerBulk, identity.node == nil || identity.cluster == nil {
            throw MalformedBytes("a peer's handshake names no node or no cluster")
        }
        return Hello(
            role: role, identity: identity, expected: expected == 0 ? nil : NodeID(expected),
            versions: lowest...highest)
    }

    /// At most `rejectionBytesMax` bytes, cut between characters.
    private static func shortened(_ message: String) -> String {
        var message = message
        while message.utf8.count > rejectionBytesMax { message.removeLast() }
        return message
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ identity: Identity) {
        write(identity.cluster ?? .zero)
        write(identity.node?.rawValue ?? 0)
        write(identity.file)
        write(identity.starts.count)
        write(identity.starts.process)
        writeShort(identity.address)
    }

    /// The processes of the starts before the newest one.
    fileprivate mutating func write(earlier starts: StartHistory) {
        let earlier = starts.processes.dropFirst()
        write(UInt8(earlier.count))
        for process in earlier { write(process) }
    }
}

extension ByteReader {
    fileprivate mutating func readIdentity() throws(MalformedBytes) -> Identity {
        let cluster = try readUniqueID()
        let node = try read(UInt32.self)
        let file = try readUniqueID()
        let start = try read(UInt64.self)
        let process = try readUniqueID()
        guard start > 0 || process == .zero else { throw MalformedBytes("a process without a start of its journal") }
        let identity = Identity(
            cluster: cluster == .zero ? nil : cluster, node: node == 0 ? nil : NodeID(node),
            file: file, starts: StartHistory(count: start, process: process),
            address: try readShortString())
        guard identity.address.utf8.count <= NetworkAddress.textBytesMax else {
            throw MalformedBytes("an address is longer than \(NetworkAddress.textBytesMax) bytes")
        }
        return identity
    }

    fileprivate mutating func readEarlier(into starts: inout StartHistory) throws(MalformedBytes) {
        let count = try read(UInt8.self)
        guard count < StartHistory.processesMax, count == 0 || UInt64(count) < starts.count else {
            throw MalformedBytes("the processes of \(count) starts before start \(starts.count) are too many")
        }
        var processes = [starts.process]
        for _ in 0..<count { processes.append(try readUniqueID()) }
        starts = StartHistory(count: starts.count, processes: processes)
    }
}
