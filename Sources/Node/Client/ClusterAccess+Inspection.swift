public import Consensus
public import Engine
public import Entities
internal import JSON
public import Primitives

/// What one node has of one group, for backups and checks.
extension ClusterAccess {
    /// How far the node's log of the group goes.
    public func standing(of group: GroupID, on node: NodeID, timeout: Duration = .seconds(10)) async throws(Failure) -> ReplicaStanding {
        try await ask(group, node, .standing, timeout)
    }

    /// Committed entries `from...through`, or the first of them: as many as fit in a page.
    public func entries(
        of group: GroupID, on node: NodeID, from: LogIndex, through: LogIndex, timeout: Duration = .seconds(10)
    ) async throws(Failure) -> [Entry] {
        let bytes = try await document(group, node, .entries(from: from, through: through), timeout)
        do throws(MalformedBytes) { return try EntryPage(encoded: bytes).entries } catch {
            throw Failure(.unreadableReply, "the node's answer holds no entries: \(error)")
        }
    }

    /// Has the node read entries `from...through` from its disk, or the first of them, and check them.
    public func digest(
        of group: GroupID, on node: NodeID, from: LogIndex, through: LogIndex, timeout: Duration = .seconds(10)
    ) async throws(Failure) -> ReplicaDigest {
        try await ask(group, node, .digest(from: from, through: through), timeout)
    }

    /// The node's newest durable checkpoint of the group: its place, and `ShardCheckpoint.encoded()`.
    public func checkpoint(
        of group: GroupID, on node: NodeID, timeout: Duration = .seconds(10)
    ) async throws(Failure) -> (point: SnapshotPoint, bytes: [UInt8]) {
        var bytes: [UInt8] = []
        while true {
            let answer = try await document(group, node, .checkpoint(offset: UInt64(bytes.count)), timeout)
            let part: CheckpointPart
            do throws(MalformedBytes) { part = try CheckpointPart(encoded: answer) } catch {
                throw Failure(.unreadableReply, "the node's answer is no piece of a checkpoint: \(error)")
            }
            guard part.offset == UInt64(bytes.count) else {
                throw Failure(.unreadableReply, "the checkpoint changed while it was fetched; try again")
            }
            bytes += part.bytes
            if UInt64(bytes.count) >= part.bytesTotal || part.bytes.isEmpty { return (part.point, bytes) }
        }
    }

    /// Has the shard's owner take no commands for a moment, so that a backup sees all shards at one moment.
    /// - Returns: where the shard stands, once everything answered before is in it.
    public func hold(
        _ group: GroupID, on node: NodeID, cut: UInt64, milliseconds: UInt32, timeout: Duration
    ) async throws(Failure) -> CutPoint {
        try await ask(group, node, .hold(cut: cut, milliseconds: milliseconds), timeout)
    }

    /// Ends a hold.
    /// - Throws: `cut-broken` if the shard was not held still all the time.
    public func release(_ group: GroupID, on node: NodeID, cut: UInt64, timeout: Duration) async throws(Failure) -> CutPoint {
        try await ask(group, node, .release(cut: cut), timeout)
    }

    private func ask<D: Decodable>(
        _ group: GroupID, _ node: NodeID, _ question: ReplicaInquiry.Question, _ timeout: Duration
    ) async throws(Failure) -> D {
        let bytes = try await document(group, node, question, timeout)
        do throws(JSONError) { return try JSON.decode(D.self, from: bytes) } catch {
            throw Failure(.unreadableReply, "the node's answer is not a \(D.self): \(error)")
        }
    }

    private func document(
        _ group: GroupID, _ node: NodeID, _ question: ReplicaInquiry.Question, _ timeout: Duration
    ) async throws(Failure) -> [UInt8] {
        let request = Request.cluster(.replica(ReplicaInquiry(node: node, group: group, question: question)))
        switch await perform(request, timeout: timeout) {
        case .document(let body): return body
        case .failed(let failure): throw failure.failure
        case .committed, .answered, .refused: throw Failure(.unreadableReply, "the node answered something else")
        }
    }
}
