import Primitives

extension Identity {
    /// Why a node with this identity turns `hello` down whatever its owner thinks; nil: the owner decides.
    ///
    /// Keeps two clusters apart however their addresses are mixed up, and a node from talking to itself or to the wrong node.
    func refusal(of hello: Hello) -> Rejection? {
        if let theirs = hello.identity.cluster, let ours = cluster, theirs != ours {
            return Rejection(
                .otherCluster, "this node belongs to cluster \(ours), not \(theirs); check the addresses of the seeds")
        }
        let isPeer = hello.role == .peerMain || hello.role == .peerBulk
        if isPeer && (cluster == nil || node == nil) {
            return Rejection(.notReady, "this node has not joined a cluster yet")
        }
        if let expected = hello.expected, expected != node {
            let own = node.map { "node \($0)" } ?? "a node that has not joined yet"
            return Rejection(.otherNode, "this is \(own), not node \(expected)")
        }
        if isPeer && hello.identity.node == node {
            return Rejection(.otherFile, "both sides say that they are node \(hello.identity.node?.description ?? "0")")
        }
        return nil
    }
}

extension Hello {
    /// Why `welcome` is not an answer to this hello: what listens at the address is not what was meant.
    func mismatch(with welcome: Welcome) -> Rejection? {
        guard versions.contains(welcome.version) else {
            return Rejection(.version, "the answer speaks protocol version \(welcome.version), which was not offered")
        }
        if let ours = identity.cluster, welcome.identity.cluster != ours {
            let theirs = welcome.identity.cluster.map { "cluster \($0)" } ?? "no cluster"
            return Rejection(.otherCluster, "the node there belongs to \(theirs), not to cluster \(ours)")
        }
        if let expected, welcome.identity.node != expected {
            let theirs = welcome.identity.node.map { "node \($0)" } ?? "not a member"
            return Rejection(.otherNode, "the node there is \(theirs), not node \(expected)")
        }
        return nil
    }
}
