internal import Consensus
internal import Primitives

/// What the engine knows of the disk under it.
struct DiskStanding {
    /// The shell's word: less free space than the reserve.
    var isFull = false
    /// Since when the batch under way is being written; nil if there is none.
    var writingSince: Instant?
    /// Whether that is longer than a healthy disk takes.
    var isStuck = false
    var lastHandOver: Instant?

    /// The node takes no new commands and wants to lead nothing.
    var isImpaired: Bool { isFull || isStuck }
}

/// A disk that is full, or that takes nothing because another process holds its lock (HAZARDS 23, 24).
///
/// What is in the log already waits and is never given up. New commands are refused before anything is written, and a
/// replica whose disk is well takes over. When the disk is well again the node goes on as before: nothing has to be repaired.
extension Engine {
    /// The journal's word on the free space, to be given before each tick.
    public func diskReported(isFull: Bool) {
        guard isFull != disk.isFull else { return }
        disk.isFull = isFull
        notice(isFull ? "the disk is full: takes no new commands" : "the disk has space again")
        disk.lastHandOver = nil
    }

    func watchDisk() {
        let isStuck = disk.writingSince.map { now - $0 > settings.diskPatience } ?? false
        if isStuck != disk.isStuck {
            disk.isStuck = isStuck
            notice(isStuck ? "the disk takes nothing: takes no new commands" : "the disk takes what waited")
            disk.lastHandOver = nil
        }
        guard disk.isImpaired else { return }
        guard disk.lastHandOver.map({ now - $0 >= settings.impairmentInterval }) ?? true else { return }
        disk.lastHandOver = now
        // Every peer hears of it, also those that hear from this node all the time.
        for peer in peerOrder { post(.pulse(isImpaired: true), to: peer) }
        for replica in replicas where replica.raft.role == .leader { handOver(replica) }
    }

    func heardOfDisk(of peer: NodeID, isImpaired: Bool) {
        peers[peer]!.saidImpaired = isImpaired ? now : nil
    }

    /// Whether a peer may be given something to lead: it is there, and its disk is well.
    func isFit(_ peer: NodeID) -> Bool {
        guard let link = peers[peer], link.isConnected, !link.isSuspected else { return false }
        guard let said = link.saidImpaired else { return true }
        // Twice the interval: the word may be late, and the last one must not hold for ever.
        return now - said > settings.impairmentInterval + settings.impairmentInterval
    }
}
