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
    /// Those of the process that was accepted last.
    private(set) var starts = StartHistory()
    /// A main stream has come up since the last loss.
    private(set) var isUp = false

    /// Whether a start is known that `starts` lacks: who has them is an old process, or runs on an old copy or on a copy of a folder in
    /// use.
    func isStale(_ starts: StartHistory) -> Bool { starts.lacks(start: self.starts.count, of: self.starts.process) }

    /// A main stream with the newest process of `starts` is up.
    ///
    /// - Returns: whether it is another process than before, and whether the loss of that one is still to be told.
    mutating func connected(_ starts: StartHistory) -> (isAnotherProcess: Bool, wasUp: Bool) {
        precondition(!isStale(starts), "start \(starts.count) was accepted after start \(self.starts.count)")
        let isAnother = self.starts.count != 0 && starts.count > self.starts.count
        let wasUp = isAnother && isUp
        self.starts = starts
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
