internal import HTTPTypes

/// Between HTTP's requests and the endpoints: what each answer has, errors as answers, times, spans.
struct GatewayResponder: Sendable {
    let endpoints: Endpoints
    var configuration: GatewayConfiguration { endpoints.configuration }

    /// - Parameter body: reads the whole body; called for requests that have one to be read.
    func answer(
        _ request: HTTPRequest, on lane: Lane, body: @escaping @Sendable () async throws(GatewayError) -> [UInt8]
    ) async -> Answer {
        let requestID = Inquiry.key(in: request.headerFields) ?? endpoints.tally.names.next()
        let begun = ContinuousClock.now
        let (answer, route) = await traced(request, requestID, lane, body)
        return complete(answer, route, requestID, after: .now - begun)
    }

    /// The answer to a request that is not looked at any further.
    /// - Parameter key: the caller's own name for its command, if it has one.
    func refusal(_ error: GatewayError, key: String?) -> Answer {
        let requestID = key.flatMap(Inquiry.showable) ?? endpoints.tally.names.next()
        return complete(error.answer(requestID: requestID), "refused", requestID, after: .zero)
    }

    private func complete(_ answer: Answer, _ route: String, _ requestID: String, after time: Duration) -> Answer {
        endpoints.tally.answered(route, answer.status, after: time)
        var answer = answer
        answer.fields[.requestID] = requestID
        answer.fields[.contentTypeOptions] = "nosniff"
        return answer
    }

    private func traced(
        _ request: HTTPRequest, _ requestID: String, _ lane: Lane, _ body: @escaping @Sendable () async throws(GatewayError) -> [UInt8]
    ) async -> (Answer, String) {
        guard let tracer = configuration.tracer else { return await answer(request, requestID, lane, body) }
        return await HTTPTrace.span(request, tracer) { await answer(request, requestID, lane, body) }
    }

    /// The answer, and the route under which it counts.
    private func answer(
        _ request: HTTPRequest, _ requestID: String, _ lane: Lane, _ body: @escaping @Sendable () async throws(GatewayError) -> [UInt8]
    ) async -> (Answer, String) {
        var route = "none"
        do throws(GatewayError) {
            let target = try RequestTarget(request.path ?? "/")
            route = target.place.route
            let inquiry = Inquiry(
                method: request.method, target: target, fields: request.headerFields, host: request.authority, requestID: requestID,
                lane: lane, body: body)
            return (try await endpoints.answer(inquiry), route)
        } catch {
            return (error.answer(requestID: requestID), route)
        }
    }
}

extension HTTPField.Name {
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
