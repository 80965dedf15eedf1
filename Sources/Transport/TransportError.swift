import Primitives

/// What kept the network from being used, in words for a person.
public struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case portInUse, portForbidden, addressUnavailable, unknownHost, cannotListen, invalidAddress
            case cannotConnect, timedOut, rejected, protocolViolation, lost, tooSlow, closed, certificates, untrusted
        }
        private let name: Name
        private init(_ name: Name) { self.name = name }
        public var description: String { name.rawValue }

        /// Another process listens on the port.
        public static let portInUse = Code(.portInUse)
        /// The system does not let this user listen on the port.
        public static let portForbidden = Code(.portForbidden)
        /// The address to listen on is not one of this machine's.
        public static let addressUnavailable = Code(.addressUnavailable)
        public static let unknownHost = Code(.unknownHost)
        public static let cannotListen = Code(.cannotListen)
        public static let invalidAddress = Code(.invalidAddress)
        /// Nothing answers at the address, or the way there is cut.
        public static let cannotConnect = Code(.cannotConnect)
        /// The connection or its handshake took longer than it may.
        public static let timedOut = Code(.timedOut)
        /// The other side refused the handshake; see `TransportError.rejection`.
        public static let rejected = Code(.rejected)
        /// The other side sent what the protocol does not allow: garbage, a damaged or oversized frame.
        public static let protocolViolation = Code(.protocolViolation)
        /// An established connection broke or was closed by the other side.
        public static let lost = Code(.lost)
        /// The other side did not read for so long that its queue ran full.
        public static let tooSlow = Code(.tooSlow)
        /// A file with a certificate or a key cannot be used.
        public static let certificates = Code(.certificates)
        /// One side does not accept the other's certificate, or only one of them speaks TLS.
        public static let untrusted = Code(.untrusted)
        /// This side closed the connection.
        public static let closed = Code(.closed)
    }

    public var code: Code
    public var message: String
    /// What the other side said, for `.rejected`.
    public var rejection: Rejection?

    init(_ code: Code, _ message: String, rejection: Rejection? = nil) {
        self.code = code
        self.message = message
        self.rejection = rejection
    }

    public var description: String { message }
}

extension TransportError {
    public static func portInUse(_ address: NetworkAddress) -> TransportError {
        TransportError(
            .portInUse,
            "cannot listen on \(address): another process uses the port; stop it, or choose another port")
    }

    static func portForbidden(_ address: NetworkAddress) -> TransportError {
        TransportError(
            .portForbidden,
            "cannot listen on \(address): the system does not allow it for this user; choose a port above 1023")
    }

    static func addressUnavailable(_ address: NetworkAddress) -> TransportError {
        TransportError(
            .addressUnavailable,
            "cannot listen on \(address): this machine does not have that address; use one of its own, or 0.0.0.0 for all")
    }

    static func unknownHost(_ address: NetworkAddress) -> TransportError {
        TransportError(.unknownHost, "no address is known for the host of \(address); check the name")
    }

    static func cannotListen(_ address: NetworkAddress, _ reason: String) -> TransportError {
        TransportError(.cannotListen, "cannot listen on \(address): \(reason)")
    }

    static func invalidAddress(_ text: String, _ reason: String) -> TransportError {
        TransportError(.invalidAddress, "\"\(text.prefix(320))\" is not an address: \(reason)")
    }

    static func cannotConnect(_ address: NetworkAddress, _ reason: String) -> TransportError {
        TransportError(.cannotConnect, "cannot connect to \(address): \(reason)")
    }

    static func rejected(by address: String, _ rejection: Rejection) -> TransportError {
        TransportError(.rejected, "\(address) refused the connection: \(rejection.message)", rejection: rejection)
    }

    static func certificates(_ reason: String) -> TransportError { TransportError(.certificates, reason) }
    static func untrusted(_ reason: String) -> TransportError { TransportError(.untrusted, reason) }
    static func protocolViolation(_ reason: String) -> TransportError { TransportError(.protocolViolation, reason) }
    static let closedHere = TransportError(.closed, "the connection was closed on this side")
}

extension TransportError {
    /// This side refused the handshake of the other: it says nothing of this side.
    static func rejectedHere(_ rejection: Rejection) -> TransportError {
        TransportError(.rejected, "the handshake was refused: \(rejection.message)")
    }

    static func timedOut(_ what: String, after limit: Span) -> TransportError {
        TransportError(.timedOut, "\(what) took longer than \(limit)")
    }

    static func lost(_ reason: String) -> TransportError { TransportError(.lost, reason) }

    static func tooSlow(_ bytes: Int) -> TransportError {
        TransportError(.tooSlow, "the other side does not read: \(bytes) bytes wait for it")
    }
}
