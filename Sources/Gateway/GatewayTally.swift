internal import HTTPTypes
internal import Synchronization
internal import Telemetry

/// What the gateway counts of its own: requests and their times by route and status.
final class GatewayTally: Sendable {
    private struct Served {
        var count: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var buckets = [UInt64](repeating: 0, count: GatewayTally.bounds.count + 1)
    }

    private struct Key: Hashable {
        var route: String
        var status: Int
    }

    let names = RequestNames()
    let date = DateField()
    private let served = Mutex<[Key: Served]>([:])
    private let requestCount = Atomic(0)

    /// In seconds.
    private static let bounds = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    var requests: Int { requestCount.load(ordering: .relaxed) }

    /// False if there are as many requests under way as may be.
    func begin(limit: Int) -> Bool {
        if requestCount.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        requestCount.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    func end() { requestCount.wrappingSubtract(1, ordering: .relaxed) }

    func answered(_ route: String, _ status: HTTPResponse.Status, after time: Duration) {
        let nanoseconds = UInt64(max(0, time / .nanoseconds(1)))
        let bucket = Self.bounds.firstIndex { Double(nanoseconds) <= $0 * 1e9 } ?? Self.bounds.count
        served.withLock { served in
            let key = Key(route: route, status: status.code)
            served[key, default: Served()].count += 1
            served[key]!.nanoseconds &+= nanoseconds
            served[key]!.buckets[bucket] += 1
        }
    }

    func write(to exposition: inout Exposition) {
        let all = served.withLock { $0 }.sorted { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }
        exposition.family("holdfast_http_request_seconds", .histogram, "From a request's head to its answer.")
        for (key, value) in all {
            exposition.histogram(
                "holdfast_http_request_seconds", [("route", key.route), ("status", "\(key.status)")], bounds: Self.bounds,
                counts: value.buckets, sum: Double(value.nanoseconds) / 1e9)
        }
    }
}

extension RequestTarget.Place {
    /// The name under which it is counted: from a closed set.
    var route: String {
        switch self {
        case .entity: "state"
        case .member(_, _, "events"): "events"
        case .member: "command"
        case .cluster: "cluster"
        case .move, .remove: "operation"
        case .health: "health"
        case .readiness: "readiness"
        case .metrics: "metrics"
        case .description: "description"
        case .dashboard: "dashboard"
        }
    }
}
