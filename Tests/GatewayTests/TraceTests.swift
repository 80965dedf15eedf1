import Entities
import Engine
import Foundation
import HTTPTypes
import InMemoryTracing
import Node
import Testing
import Tracing

@testable import Gateway

@Suite struct TraceTests {
    @Test func `a command has a span for its request, and one within it for what the node did`() async throws {
        let tracer = InMemoryTracer()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trace-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = GatewayStage.configuration("a", folder)
        configuration.tracer = tracer
        let node = try await Node.start(configuration)
        try await node.waitUntilReady()
        _ = try await node.entities(Counter.self, shards: 1)
        try await GatewayStage.run(node) {
            $0.tracer = tracer
        } _: { address in
            let answer = try await HTTPAnswer.to(
                "POST", "/v1/entities/counter/secret-id/increment", ["in-memory-trace-id: trace-7", "in-memory-span-id: span-7"],
                body: #"{"by": 1}"#, at: address)
            #expect(answer.status == 200)
        }
        await node.stop()
        let request = try #require(tracer.finishedSpans.first { $0.operationName == "POST command" })
        let command = try #require(tracer.finishedSpans.first { $0.operationName == "counter increment" })
        #expect(request.traceID == "trace-7" && request.parentSpanID == "span-7" && request.kind == .server)
        #expect(command.traceID == "trace-7" && command.parentSpanID == request.spanID)
        #expect(request.attributes.get("http.response.status_code") == .int64(200))
        #expect(command.attributes.get("holdfast.outcome") == .string("committed"))
        #expect(!"\(tracer.finishedSpans)".contains("secret-id"), "no entity is named in a span")
    }

    @Test func `the fields of a request are read as a tracer names them`() {
        let extractor = HTTPTrace.FieldsExtractor()
        #expect(extractor.extract(key: "traceparent", from: [.init("TraceParent")!: "00-a-b-01"]) == "00-a-b-01")
        #expect(extractor.extract(key: "traceparent", from: [:]) == nil)
        #expect(extractor.extract(key: "not a name", from: [:]) == nil)
    }

    @Test func `without a tracer there is none to pay for`() {
        #expect(bootstrappedTracer() == nil)
        #expect(GatewayConfiguration(address: "").tracer == nil && NodeConfiguration(dataDirectory: "").tracer == nil)
    }
}
