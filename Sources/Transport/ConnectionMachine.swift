import Primitives

/// The life of one connection, from the first byte to the last, without the bytes: what each frame means, and what is to be done.
///
/// Accepting: hello → asked → open. Dialing: hello sent → open. Anything out of turn ends it.
struct ConnectionMachine: Sendable {
    private enum State {
        case accepting
        case deciding(version: UInt16)
        case dialing(Hello)
        case open
        case ended
    }

    /// What a frame asks of the connection.
    enum Step: Hashable {
        /// The frame is the owner's.
        case deliver
        /// Decide on the hello, and tell with `decide`.
        case ask(Hello)
        /// The other side has accepted.
        case opened(Welcome)
        /// Send `Rejection`, if there is one, and close.
        case fail(TransportError, answer: Rejection?)
        /// Nothing: the connection has ended.
        case ignore
    }

    private var state: State

    private init(_ state: State) { self.state = state }

    static func accepting() -> ConnectionMachine { ConnectionMachine(.accepting) }
    static func dialing(_ hello: Hello) -> ConnectionMachine { ConnectionMachine(.dialing(hello)) }

    var isOpen: Bool { if case .open = state { true } else { false } }
    var isEnded: Bool { if case .ended = state { true } else { false } }

    /// What to send as soon as the connection stands.
    var greeting: Hello? { if case .dialing(let hello) = state { hello } else { nil } }

    mutating func received(_ frame: [UInt8], from address: String) -> Step {
        switch state {
        case .open: return .deliver
        case .ended: return .ignore
        case .deciding:
            return fail(.protocolViolation("a frame came before the handshake was answered"), answer: nil)
        case .accepting:
            do { return accept(try HandshakeMessage(frame)) } catch {
                return fail(
                    .protocolViolation("the handshake is malformed: \(error)"),
                    answer: Rejection(.malformed, "the handshake is malformed: \(error)"))
            }
        case .dialing(let hello):
            do { return conclude(hello, try HandshakeMessage(frame), address) } catch {
                return fail(.protocolViolation("the answer to the handshake is malformed: \(error)"), answer: nil)
            }
        }
    }

    /// The owner's decision on the hello it was asked about: the welcome to send, or the rejection after which to close.
    mutating func decide(_ admission: Admission, as identity: Identity) -> HandshakeMessage {
        guard case .deciding(let version) = state else { preconditionFailure("a decision without a hello") }
        switch admission {
        case .welcome:
            state = .open
            return .welcome(Welcome(version: version, identity: identity))
        case .reject(let rejection):
            state = .ended
            return .rejection(rejection)
        }
    }

    /// - Returns: whether it had not ended before.
    mutating func end() -> Bool {
        defer { state = .ended }
        return !isEnded
    }

    private mutating func accept(_ message: HandshakeMessage) -> Step {
        guard case .hello(let hello) = message else {
            return fail(
                .protocolViolation("the handshake begins with an answer"),
                answer: Rejection(.malformed, "the handshake begins with an answer"))
        }
        let ours = WireVersion.supported
        guard hello.versions.overlaps(ours) else {
            let rejection = Rejection(
                .version,
                "this node speaks protocol versions \(ours.lowerBound) to \(ours.upperBound), the other side "
                    + "\(hello.versions.lowerBound) to \(hello.versions.upperBound); upgrade the older one")
            return fail(.rejectedHere(rejection), answer: rejection)
        }
        state = .deciding(version: min(ours.upperBound, hello.versions.upperBound))
        return .ask(hello)
    }

    private mutating func conclude(_ hello: Hello, _ message: HandshakeMessage, _ address: String) -> Step {
        switch message {
        case .hello: return fail(.protocolViolation("the handshake is answered with a handshake"), answer: nil)
        case .rejection(let rejection): return fail(.rejected(by: address, rejection), answer: nil)
        case .welcome(let welcome):
            if let mismatch = hello.mismatch(with: welcome) {
                return fail(.rejected(by: address, mismatch), answer: nil)
            }
            state = .open
            return .opened(welcome)
        }
    }

    private mutating func fail(_ error: TransportError, answer: Rejection?) -> Step {
        state = .ended
        return .fail(error, answer: answer)
    }
}
