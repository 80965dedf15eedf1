import Primitives

/// Everything between this node and one other: the streams it dials, and those the other dialed.
final class PeerLink {
    let node: NodeID
    /// Nil while the node is known only because it dialed.
    var main: Dialer?
    var bulk: Dialer?
    var inboundMain: Connection?
    var inboundBulk: Connection?
    var liveness = PeerLiveness()

    init(node: NodeID) { self.node = node }

    var isNamed: Bool { main != nil }
    var isEmpty: Bool { main == nil && inboundMain == nil && inboundBulk == nil }

    /// Closes everything; what the connections tell afterwards finds them replaced.
    func stop() {
        main?.stop()
        bulk?.stop()
        let inbound = [inboundMain, inboundBulk]
        inboundMain = nil
        inboundBulk = nil
        for connection in inbound { connection?.close() }
    }
}

/// What is known about the process behind a node: which start of it is the newest, and whether its loss has been told.
struct PeerLiveness: Hashable, Sendable {
    /// The highest start counter that was accepted, and the process that said so.
    private(set) var newestStart: UInt64 = 0
    private var newestProcess = UniqueID.zero
    /// A main stream has come up since the last loss.
    private(set) var isUp = false

    /// Whether a newer start than `start` is known, or the same of another process: who says so is an old process, or runs on an old
    /// copy or on a copy of a folder in use.
    func isStale(_ start: UInt64, of process: UniqueID) -> Bool {
        start < newestStart || (start == newestStart && newestStart != 0 && process != newestProcess)
    }

    /// A main stream with the process of `start` is up.
    ///
    /// - Returns: whether it is another process than before, and whether the loss of that one is still to be told.
    mutating func connected(_ start: UInt64, of process: UniqueID) -> (isAnotherProcess: Bool, wasUp: Bool) {
        precondition(!isStale(start, of: process), "start \(start) was accepted after start \(newestStart)")
        let isAnother = newestStart != 0 && start > newestStart
        let wasUp = isAnother && isUp
        newestStart = start
        newestProcess = process
        isUp = true
        return (isAnother, wasUp)
    }

    /// A main stream broke.
    ///
    /// - Returns: whether that is news.
    mutating func lost() -> Bool {
        defer { isUp = false }
        return isUp
    }
}
