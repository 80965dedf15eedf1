import Directory
public import Primitives

/// Which processes other nodes are (HAZARDS 21).
extension Engine {
    /// Why a process is not taken for the node that it says it is.
    public enum PeerDoubt: Hashable, Sendable {
        /// The node has been removed from the cluster.
        case removed
        /// The node has another journal file.
        case otherFile
        /// A start of the node is known that this process does not descend from: it runs on an old copy of the folder, or on a copy.
        case otherStart
    }

    /// What this node has seen itself counts as much as what the directory knows: the directory hears of a start when a majority has
    /// written it down.
    public func doubt(_ peer: NodeID, file: UniqueID, starts: StartHistory) -> PeerDoubt? {
        let member = directory?.member(peer)
        if member?.status == .removed { return .removed }
        if let member, member.file != file { return .otherFile }
        if let known = knownPeers[peer], lacks(starts, known.start, known.process) { return .otherStart }
        if let member, lacks(starts, member.startCounter, member.process) { return .otherStart }
        return nil
    }

    private func lacks(_ starts: StartHistory, _ start: UInt64, _ process: UniqueID) -> Bool {
        if settings.broken.contains(.compareStartCounts), starts.count > start { return false }
        return starts.lacks(start: start, of: process)
    }

    /// A node has said who it is and where it listens, in a handshake of either direction, and is believed. Written down before anything
    /// that it says from now on can count.
    ///
    /// Without the address a cluster whose nodes all came back at new addresses could not agree on those addresses: that takes a majority
    /// that is connected. And a node that was killed before its disk knew what of the directory is committed knows nobody: who dials it,
    /// the leader perhaps, must be answered.
    public func meet(_ peer: NodeID, at address: String, starts: StartHistory) {
        guard peer != node, starts.count > knownPeers[peer]?.start ?? 0 else { return }
        let known = KnownPeer(node: peer, address: address, start: starts.count, process: starts.process)
        knownPeers[peer] = known
        gathering.meet(known)
        guard isRestored, let directory else { return }
        if directory.isFounded || !settings.broken.contains(.ignoreDialers) { followMembers(directory) }
    }
}
