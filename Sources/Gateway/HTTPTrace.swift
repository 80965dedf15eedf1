internal import HTTPTypes
internal import Tracing

/// The span of one HTTP request, in the trace of whoever sent it (W3C Trace Context: `traceparent`, as far as the tracer reads it).
enum HTTPTrace {
    static func span(
        _ head: HTTPRequest, _ tracer: any Tracer, _ body: () async -> (Answer, String)
    ) async -> (Answer, String) {
        var context = InstrumentationContext.current ?? .topLevel
        tracer.extract(head.headerFields, into: &context, using: FieldsExtractor())
        return await tracer.withAnySpan(head.method.rawValue, context: context, ofKind: .server) { span in
            let (answer, route) = await body()
            // From closed sets: no path, which names an entity.
            span.operationName = "\(head.method.rawValue) \(route)"
            span.attributes.set("http.request.method", value: .string(head.method.rawValue))
            span.attributes.set("http.route", value: .string(route))
            span.attributes.set("http.response.status_code", value: .int64(Int64(answer.status.code)))
            if answer.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
            return (answer, route)
        }
    }

    struct FieldsExtractor: Extractor {
        func extract(key: String, from fields: HTTPFields) -> String? { HTTPField.Name(key).flatMap { fields[$0] } }
    }
}
