internal import HTTPTypes
internal import Node
internal import Telemetry
internal import Transport

extension Endpoints {
    /// `GET /metrics`
    func metrics() async -> Answer {
        var exposition = Exposition()
        if let node = await backend.measurements() { exposition.write(node) }
        if let own = security?.certificate {
            exposition.one(
                "holdfast_tls_certificate_expiry_timestamp_seconds", .gauge, "When the node's certificate ends, in seconds since 1970.",
                own.notValidAfter)
        }
        if let bytes = ProcessMemory.residentBytes {
            exposition.one("process_resident_memory_bytes", .gauge, "Memory in use.", bytes)
        }
        exposition.one("holdfast_http_connections", .gauge, "Open HTTP connections.", connections.count)
        exposition.one("holdfast_http_requests_under_way", .gauge, "HTTP requests not yet answered.", tally.requests)
        exposition.one("holdfast_http_streams", .gauge, "Event streams under way.", streams.count)
        tally.write(to: &exposition)
        configuration.telemetry?.write(to: &exposition)
        return Answer(type: Exposition.contentType, Array(exposition.text.utf8))
    }
}
