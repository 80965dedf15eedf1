internal import Engine
internal import Entities
internal import HTTPTypes
internal import JSON
internal import Node
internal import Transport

/// What is served, and by whom.
struct Endpoints: Sendable {
    let backend: any GatewayBackend
    let connections = OpenConnections()
    let streams: StreamTable
    let tally: GatewayTally
    let configuration: GatewayConfiguration
    /// Nil: whoever reaches the port may do everything.
    let access: AccessList?
    /// Nil: without TLS.
    let security: TransportSecurity?

    func answer(_ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        let isReading = inquiry.method == .get || inquiry.method == .head
        if let access, let role = inquiry.target.place.role(isReading: isReading) {
            try access.admit(inquiry.fields[.authorization], for: role)
        }
        switch inquiry.target.place {
        case .entity(let kind, let id):
            try allow(inquiry, .get)
            return try await state(of: kind, id, inquiry)
        case .member(let kind, let id, "events"):
            try allow(inquiry, .get)
            return try await events(of: kind, id, inquiry)
        case .member(let kind, let id, let name):
            try allow(inquiry, .post)
            return try await perform(name, on: kind, id, inquiry)
        case .cluster:
            try allow(inquiry, .get)
            try inquiry.target.allowOnly()
            return try await cluster()
        case .move:
            try allow(inquiry, .post)
            return try await move(inquiry)
        case .remove:
            try allow(inquiry, .post)
            return try await remove(inquiry)
        case .health:
            try allow(inquiry, .get)
            return Answer(json: HealthDocument(status: "alive"))
        case .readiness:
            try allow(inquiry, .get)
            return await readiness()
        case .description:
            try allow(inquiry, .get)
            return Answer(type: "application/json", APIDescription(kinds: await backend.runningKinds()).json())
        case .metrics:
            try allow(inquiry, .get)
            return await metrics()
        case .dashboard:
            try allow(inquiry, .get)
            return dashboard()
        }
    }

    private func allow(_ inquiry: Inquiry, _ method: HTTPRequest.Method) throws(GatewayError) {
        guard inquiry.method != method, !(method == .get && inquiry.method == .head) else { return }
        throw .methodNotAllowed(inquiry.method, allow: method == .get ? "GET, HEAD" : method.rawValue)
    }

    // MARK: The cluster

    private func cluster() async throws(GatewayError) -> Answer {
        do throws(Failure) {
            return Answer(json: ClusterOverview(try await backend.status(timeout: configuration.requestTimeout)))
        } catch {
            throw GatewayError(nothingHappened: error)
        }
    }

    private func readiness() async -> Answer {
        let obstacles = await backend.obstacles()
        return Answer(
            obstacles.isEmpty ? .ok : .serviceUnavailable,
            json: HealthDocument(status: obstacles.isEmpty ? "ready" : "not ready", reasons: obstacles))
    }
}

struct HealthDocument: Encodable {
    var status: String
    /// Why not, one sentence each.
    var reasons: [String]?
}
