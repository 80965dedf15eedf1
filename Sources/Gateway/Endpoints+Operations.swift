internal import Directory
internal import Engine
internal import Entities
internal import HTTPTypes
internal import JSON
internal import Node
internal import Primitives

extension Endpoints {
    /// `POST /v1/cluster/move`: decides who owns a shard; the move itself takes its time.
    func move(_ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        let wish: MoveDocument = try await document(inquiry)
        guard let shard = ShardID(wish.shard) else {
            throw .malformed("the shard “\(wish.shard.prefix(200))” is not written KIND/NUMBER, as in counter/7")
        }
        do throws(Failure) {
            let kinds = try await backend.clusterMap(timeout: configuration.requestTimeout).kinds
            guard let kind = kinds.first(where: { $0.name == shard.kind }), shard.number < kind.shards else {
                throw Failure(.unknownKind, "the cluster has no shard “\(shard)”")
            }
            let group = GroupID(kind.firstGroup.rawValue + UInt32(shard.number))
            _ = try await backend.change(
                wish.node.map { .move(group: group, node: NodeID($0)) } ?? .unpin(group: group), timeout: configuration.requestTimeout)
        } catch {
            throw GatewayError(directory: error)
        }
        return Answer(.accepted, json: wish)
    }

    /// `POST /v1/cluster/remove`: decides that a node is to be emptied and to leave.
    func remove(_ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        let wish: RemoveDocument = try await document(inquiry)
        do throws(Failure) {
            _ = try await backend.change(.remove(node: NodeID(wish.node)), timeout: configuration.requestTimeout)
        } catch {
            throw GatewayError(directory: error)
        }
        return Answer(.accepted, json: wish)
    }

    private func document<D: Decodable>(_ inquiry: Inquiry) async throws(GatewayError) -> D {
        try refuseForeignPage(inquiry)
        try inquiry.target.allowOnly()
        try checkMediaType(inquiry)
        let body = try await inquiry.body()
        do throws(JSONError) { return try JSON.decode(D.self, from: body) } catch {
            throw .malformed("the body cannot be read: \(error)")
        }
    }
}

private struct MoveDocument: Codable {
    var shard: String
    /// Nil: whichever suits the cluster.
    var node: UInt32?
}

private struct RemoveDocument: Codable {
    var node: UInt32
}

extension GatewayError {
    /// What the directory refuses.
    fileprivate init(directory failure: Failure) {
        guard failure.code.rawValue.hasPrefix("directory-") else {
            self.init(nothingHappened: failure)
            return
        }
        let isUnknown = ["unknownNode", "unknownShard", "removedNode"].contains(failure.code.rawValue.dropFirst("directory-".count))
        self.init(isUnknown ? .notFound : .conflict, failure.code.rawValue, failure.message)
    }
}
