public import Logging
internal import Node
public import Telemetry
public import Tracing

/// How a gateway serves, and its bounds.
public struct GatewayConfiguration: Sendable {
    /// `host:port` to listen on; port 0 takes any free one.
    public var address: String
    /// How long a command or a read may take, retries included, before it is answered with 503 or 504.
    public var requestTimeout = Duration.seconds(10)
    /// How long a body may take to arrive.
    public var bodyTimeout = Duration.seconds(30)
    /// A connection on which no request is under way is closed after this long. So is one whose request does not arrive.
    public var idleTimeout = Duration.seconds(120)
    /// Bytes of a request's body.
    public var bodyBytesMax = 1 << 20
    /// Bytes of all header fields of a request, and of one.
    public var headerBytesMax = 16 << 10
    public var headerFieldsMax = 100
    /// Open connections; more wait to be accepted.
    public var connectionsMax = 12_288
    /// Requests under way, event streams left out; more are answered with 503. What is let in waits for those before it, so this bounds
    /// how long that takes under overload.
    public var requestsMax = 512
    /// Event streams under way; more are answered with 503.
    public var streamsMax = 1_024
    /// How often an event stream without events says that it is alive, in whole seconds.
    public var heartbeatSeconds = 15
    /// The file of the tokens that requests must bear; without it whoever reaches the port may do everything.
    public var tokensFile: String?
    /// The application's own instruments, to be shown beside the node's at `/metrics`.
    public var telemetry: TelemetryRegistry?
    public var logger = Logger(label: "holdfast.gateway")
    /// Has a span for each request, within the trace that the request names; nil: none, at no cost.
    public var tracer = bootstrappedTracer()

    public init(address: String) {
        self.address = address
    }
}
