public import Directory
public import Engine
public import Entities
internal import JSON
internal import Primitives

/// What a node and an outside client have in common: entities, members, and the cluster's own state.
public protocol ClusterAccess: Sendable {
    /// One raw request, retried under one request id until the timeout. The typed calls rest on it; so do the gateway and the command line.
    func perform(_ request: Request, timeout: Duration) async -> Response
    /// The entities of one kind. A node runs the kind from now on; the first one to name it in the cluster fixes its number of shards.
    func entities<E: Entity>(_ kind: E.Type, shards: Int) async throws(Failure) -> EntityCollection<E>
}

extension ClusterAccess {
    /// Waits until at least `count` members are up.
    /// - Returns: how many are up. Another node, asked later, may not have heard of all of them yet.
    /// - Throws: `.timedOut`, saying how many there are.
    @discardableResult
    public func waitFor(members count: Int, timeout: Duration = .seconds(60)) async throws(Failure) -> Int {
        let clock = ContinuousClock()
        let end = clock.now + timeout
        var up = 0
        while clock.now < end {
            if let map = try? await clusterMap(timeout: .seconds(2)) {
                up = map.members.count { $0.status == .up }
                if up >= count { return up }
            }
            try? await clock.sleep(for: .milliseconds(50))
        }
        throw Failure(.timedOut, "waited for \(count) members; \(up) are up")
    }

    /// Waits until every shard has an owner and all the replicas it should have, so that any one node may be lost.
    public func waitUntilSettled(timeout: Duration = .seconds(60)) async throws(Failure) {
        let clock = ContinuousClock()
        let end = clock.now + timeout
        while clock.now < end {
            if let status = try? await status(timeout: .seconds(2)), status.isSettled { return }
            try? await clock.sleep(for: .milliseconds(50))
        }
        throw Failure(.timedOut, "the shards have not settled; `holdfast cluster shards` shows which are behind")
    }

    /// Members, kinds and owners as one node knows them.
    public func clusterMap(timeout: Duration = .seconds(10)) async throws(Failure) -> ClusterMap {
        try await document(.shardMap, timeout)
    }

    /// Who is in, who owns what, how far behind: the coordinator's word.
    public func status(timeout: Duration = .seconds(10)) async throws(Failure) -> ClusterStatus {
        try await document(.status, timeout)
    }

    /// Changes the directory; returns the map as it is then.
    public func change(_ command: DirectoryCommand, timeout: Duration = .seconds(10)) async throws(Failure) -> ClusterMap {
        let body: [UInt8]
        do throws(JSONError) { body = try JSON.encode(command) } catch {
            throw Failure(.malformed, "the change cannot be written as JSON: \(error)")
        }
        return try await document(.directory(body), timeout)
    }

    private func document<D: Decodable>(_ request: ClusterRequest, _ timeout: Duration) async throws(Failure) -> D {
        switch await perform(.cluster(request), timeout: timeout) {
        case .document(let body):
            do throws(JSONError) { return try JSON.decode(D.self, from: body) } catch {
                throw Failure(.unreadableReply, "the node's answer is not a \(D.self): \(error)")
            }
        case .failed(let failure): throw failure.failure
        case .committed, .answered, .refused: throw Failure(.unreadableReply, "the node answered something else")
        }
    }
}
