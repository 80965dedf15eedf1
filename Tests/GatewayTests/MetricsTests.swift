import CoreMetrics
import JSON
import Telemetry
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    @Test func `a scrape counts what was done, by kind and outcome`() async throws {
        let telemetry = TelemetryRegistry()
        telemetry.makeCounter(label: "orders_total", dimensions: []).increment(by: 3)
        try await GatewayStage.runNode(change: { $0.telemetry = telemetry }) { address in
            let path = "/v1/entities/counter/alice/increment"
            for _ in 0..<3 {
                _ = try await HTTPAnswer.to("POST", path, ["Idempotency-Key: k"], body: #"{"by":9223372036854775807}"#, at: address)
            }
            _ = try await HTTPAnswer.to("POST", path, body: #"{"by":1}"#, at: address)
            _ = try await HTTPAnswer.to("POST", path, body: #"{"by":"x"}"#, at: address)
            _ = try await HTTPAnswer.to("GET", "/v1/entities/counter/alice", at: address)
            let scrape = try await HTTPAnswer.to("GET", "/metrics", at: address)
            #expect(scrape.status == 200 && scrape.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = scrape.body.split(separator: "\n")
            for expected in [
                #"holdfast_commands_total{kind="counter",outcome="committed"} 1"#,
                #"holdfast_commands_total{kind="counter",outcome="repeated"} 2"#,
                #"holdfast_commands_total{kind="counter",outcome="refused"} 1"#,
                #"holdfast_commands_total{kind="counter",outcome="rejected"} 1"#,
                #"holdfast_reads_total{kind="counter"} 1"#,
                #"holdfast_requests_failed_total{outcome="invalid"} 1"#,
                "holdfast_commit_seconds_count 1",
                #"holdfast_http_request_seconds_count{route="command",status="200"} 3"#,
                #"holdfast_http_request_seconds_count{route="command",status="422"} 1"#,
                "holdfast_http_connections 1",
                "orders_total 3",
            ] {
                #expect(lines.contains { $0 == expected }, "\(expected) is not in:\n\(scrape.body)")
            }
            #expect(lines.contains { $0.hasPrefix("holdfast_journal_write_seconds_count ") && !$0.hasSuffix(" 0") })
            #expect(lines.contains { $0.hasPrefix(#"holdfast_batch_operations_bucket{le="1"} "#) }, "\(scrape.body)")
            #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") })
        }
    }

    @Test func `every family is told once, before its samples`() async throws {
        try await GatewayStage.runNode { address in
            let scrape = try await HTTPAnswer.to("GET", "/metrics", at: address)
            var families: [String] = []
            for line in scrape.body.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") {
                    let name = String(line.split(separator: " ")[2])
                    #expect(!families.contains(name), "\(name) comes twice")
                    families.append(name)
                } else if !line.hasPrefix("#") {
                    let name = line.prefix { $0 != "{" && $0 != " " }
                    #expect(name.hasPrefix(families.last ?? "-"), "\(line) stands apart from its family")
                    #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
                }
            }
            #expect(families.count > 20)
        }
    }

    @Test func `the dashboard is one page that asks nobody else`() async throws {
        try await GatewayStage.runNode { address in
            let page = try await HTTPAnswer.to("GET", "/", at: address)
            #expect(page.status == 200 && page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(page.fields["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.body.hasSuffix("</html>\n") && !page.body.contains("https://"))
        }
    }
}
