internal import Consensus
internal import Primitives

/// Another node as this one sees it: what waits to be sent to it, and when it was last heard.
struct PeerLink {
    var isConnected = false
    var startCounter: UInt64 = 0
    /// When something last came from it; nil if nothing ever has.
    var lastHeard: Instant?
    /// Since when it has been heard without a gap.
    var heardSince: Instant?
    var lastSent: Instant = .zero
    /// Whether the groups have been told that it is silent.
    var isSuspected = false
    /// When it last said that its disk is impaired; nil if it never has.
    var saidImpaired: Instant?
    var main = ByteWriter(reserving: 0)
    var bulk = ByteWriter(reserving: 0)
    /// Frames closed because they were full.
    var closed: [(bytes: [UInt8], isBulk: Bool)] = []
}
