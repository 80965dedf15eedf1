import Engine
import Entities
import Node
import Primitives

/// An entity of any kind, told and asked in JSON.
struct RawEntity {
    private let cluster: Cluster
    private let kind: String
    private let id: [UInt8]
    private let timeout: Duration

    init(_ cluster: Cluster, _ kind: String, _ id: String, timeout: Duration) throws(Failure) {
        self.cluster = cluster
        self.kind = kind
        self.id = try EntityID(id).bytes
        self.timeout = timeout
    }

    /// - Parameters:
    ///   - payload: the command as JSON.
    ///   - requestID: the same for every retry.
    func send(_ name: String, _ payload: String, requestID: String) async throws(CommandFailure) -> Receipt<[UInt8]> {
        let request: RequestID
        do throws(Failure) { request = try RequestID(key: requestID) } catch { throw CommandFailure(error, requestID: requestID) }
        let command = EntityCommand(kind: kind, entity: id, name: name, payload: Array(payload.utf8), request: request)
        let response = await cluster.perform(.command(command), timeout: timeout)
        switch CommandResponse(response, kind: kind) {
        case .replied(let receipt): return receipt
        case .refused(_, let message): throw CommandFailure(.refused, "refused", message, requestID: requestID)
        case .notCommitted(let failure): throw CommandFailure(failure, requestID: requestID)
        case .outcomeUnknown(let failure): throw CommandFailure(unknown: failure, requestID: requestID)
        }
    }

    /// The state as JSON.
    func state(_ consistency: ConsistencyName) async throws(CommandFailure) -> (json: [UInt8], revision: UInt64) {
        let query = EntityQuery(kind: kind, entity: id, name: "", payload: [], consistency: consistency.consistency)
        switch await cluster.perform(.query(query), timeout: timeout) {
        case .answered(let answered): return (answered.value, answered.revision)
        case .failed(let failure): throw CommandFailure(failure.failure)
        case .committed, .refused, .document:
            throw CommandFailure(Failure(.unreadableReply, "the node answered something else"))
        }
    }
}

/// A receipt as it is printed.
struct ReceiptLine: Encodable {
    var shard: String
    var index: UInt64
    var term: UInt64
    var revision: UInt64

    init<Reply>(_ receipt: Receipt<Reply>) {
        shard = receipt.shard.description
        index = receipt.index.rawValue
        term = receipt.term.rawValue
        revision = receipt.revision
    }
}
