internal import Engine
internal import Entities
internal import Primitives
public import Tracing

/// The spans of requests: one for each, from its first attempt to its answer, retries, replication and commit included.
///
/// Who has not bootstrapped a tracer before the node or the client was made pays nothing.
enum RequestTrace {
    static func span(
        _ request: Request, _ tracer: any Tracer, _ body: () async -> Response
    ) async -> Response {
        await tracer.withAnySpan(name(request), ofKind: .client) { span in
            span.attributes.set("holdfast.request", value: .string(kind(request)))
            let response = await body()
            describe(response, on: span)
            return response
        }
    }

    /// From a closed set for each application: kinds and commands, no entity's id.
    private static func name(_ request: Request) -> String {
        switch request {
        case .command(let command): "\(command.kind) \(command.name)"
        case .query(let query): "\(query.kind) \(query.name.isEmpty ? "state" : query.name)"
        case .history(let history): "\(history.kind) events"
        case .cluster: "cluster"
        }
    }

    private static func kind(_ request: Request) -> String {
        switch request {
        case .command: "command"
        case .query: "query"
        case .history: "history"
        case .cluster: "cluster"
        }
    }

    private static func describe(_ response: Response, on span: any Tracing.Span) {
        switch response {
        case .committed(let committed):
            span.attributes.set("holdfast.outcome", value: .string("committed"))
            span.attributes.set("holdfast.index", value: .int64(Int64(clamping: committed.index.rawValue)))
            span.attributes.set("holdfast.term", value: .int64(Int64(clamping: committed.term.rawValue)))
        case .answered, .document: span.attributes.set("holdfast.outcome", value: .string("answered"))
        case .refused: span.attributes.set("holdfast.outcome", value: .string("refused"))
        case .failed(let failure):
            span.attributes.set("holdfast.outcome", value: .string("failed"))
            span.setStatus(SpanStatus(code: .error, message: failure.failure.code.rawValue))
        }
    }
}

/// The tracer that the program has bootstrapped (`InstrumentationSystem.bootstrap`), as it is now; nil if it has none.
public func bootstrappedTracer() -> (any Tracer)? {
    let tracer = InstrumentationSystem.tracer
    return tracer is NoOpTracer ? nil : tracer
}
