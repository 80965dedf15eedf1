/// What became of bits that were flipped in the files of nodes.
struct FlipCounts: Hashable, Sendable, Encodable {
    var made = 0
    /// The node refused to start from its file.
    var refused = 0
    /// `journal verify` found it; the node would have come to it in time.
    var verified = 0
    /// Nothing is wrong with the file, and the node served from it.
    var harmless = 0
}

/// One fault as it happened. Times are nanoseconds on the run's clock.
package struct FaultRecord: Sendable {
    package var fault: Fault
    /// Positions of the nodes struck.
    var victims: [Int]
    var at: Int64
    /// The groups of shards that the victims owned just before, as far as the cluster knew.
    var groups: [UInt32] = []
    /// When the victims were started again, or went on.
    var restartedAt: Int64 = .max
    /// When all of them served.
    var readyAt: Int64 = .max
    /// How long each started node took from its start to `ready`.
    var startTimes: [Duration] = []
    /// A victim was killed once more while it started.
    var wasKilledAgain = false
}
