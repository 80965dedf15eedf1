internal import Engine
internal import Entities
internal import HTTPTypes
internal import JSON
internal import Node
internal import Primitives
internal import Shards

extension Endpoints {
    /// `GET /v1/entities/{kind}/{id}`
    func state(of kind: String, _ id: [UInt8], _ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        try inquiry.target.allowOnly("consistency", "revision")
        let consistency = try consistency(inquiry)
        let wanted = try inquiry.target.number("revision")
        let now = try await newest(kind, id, consistency, inquiry.lane)
        guard let wanted, wanted != now.revision else { return Answer(json: now) }
        guard wanted < now.revision else {
            throw GatewayError(
                .notFound, "unknown-revision", "the entity is at revision \(now.revision); there is no revision \(wanted) yet")
        }
        return Answer(json: try await past(kind, id, wanted, consistency))
    }

    func consistency(_ inquiry: Inquiry) throws(GatewayError) -> Consistency {
        switch inquiry.target.value("consistency") {
        case nil, "linearizable": return .linearizable
        case "local": return .local
        case .some(let other): throw .malformed("the consistency “\(other)” is not known; there is linearizable, local")
        }
    }

    private func newest(
        _ kind: String, _ id: [UInt8], _ consistency: Consistency, _ lane: Lane
    ) async throws(GatewayError) -> StateDocument {
        let query = EntityQuery(kind: kind, entity: id, name: "", payload: [], consistency: consistency)
        switch await lane.perform(.query(query)) {
        case .answered(let answered):
            return StateDocument(state: JSONText(checked: answered.value), revision: answered.revision)
        case .failed(let failure): throw GatewayError(nothingHappened: failure.failure)
        case .committed, .refused, .document: throw Self.unexpected
        }
    }

    /// The state as it was, made anew from the events.
    /// - Complexity: every event up to that revision.
    private func past(
        _ kind: String, _ id: [UInt8], _ revision: UInt64, _ consistency: Consistency
    ) async throws(GatewayError) -> StateDocument {
        guard let runtime = await backend.runningKinds().first(where: { $0.name == kind }) else {
            throw GatewayError(
                .serviceUnavailable, "kind-not-running", "this node does not run “\(kind)”, and so cannot make an earlier state anew")
        }
        var replay = EntityReplay(runtime)
        var from = LogIndex.zero
        while replay.revision < revision {
            let page = try await page(kind, id, after: replay.revision, from: from, limit: 1_000, consistency)
            for event in page.events where replay.revision < revision {
                guard event.revision == replay.revision + 1 else { throw Self.trimmed(event.revision) }
                do throws(Failure) { try replay.apply(event.event.bytes) } catch { throw GatewayError(nothingHappened: error) }
                from = event.index
            }
            guard !page.isLast || replay.revision >= revision else { throw Self.behind }
        }
        do throws(Failure) {
            return StateDocument(state: JSONText(checked: try replay.state()), revision: revision)
        } catch {
            throw GatewayError(nothingHappened: error)
        }
    }

    static let unexpected = GatewayError(.internalServerError, "unreadable-reply", "the node answered something else")

    /// Only for local reads: another replica has told of a revision that this one has not applied yet.
    private static var behind: GatewayError {
        GatewayError(
            nothingHappened: Failure(.unavailable, "the replica asked has not got so far yet; nothing happened. Ask again."))
    }

    static func trimmed(_ first: UInt64) -> GatewayError {
        GatewayError(
            .gone, "history-trimmed", "the events before revision \(first) are no longer kept on the node that was asked")
    }
}

struct StateDocument: Encodable {
    var state: JSONText
    var revision: UInt64
}
