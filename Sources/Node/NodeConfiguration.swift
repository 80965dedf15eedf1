public import Engine
public import Logging
public import Tracing

/// How one node runs.
public struct NodeConfiguration: Sendable {
    /// The folder of the node's journal; made if it is not there.
    public var dataDirectory: String
    /// `host:port` to listen on; port 0 takes any free one.
    public var listenAddress = "127.0.0.1:7400"
    /// Where others reach this node, if not at `listenAddress`.
    public var advertisedAddress: String?
    /// Nodes of the cluster to join. Without any, a node on an empty folder founds a cluster; with data, it needs none.
    public var seeds: [String] = []
    /// Whether a blank node whose own address is the first of `seeds` founds the cluster, once all other seeds answer and are blank too.
    /// Said to every node alike, it lets a cluster begin by itself, and never a second one: a node that lost its disk joins.
    public var foundsAsFirstSeed = false
    /// A name for people; the directory makes one up for an empty one.
    public var name = ""
    /// With them every connection of nodes and clients is under TLS, and whoever connects needs a certificate of the same CA.
    public var tls: TLSFiles?
    /// Whether the node may listen beyond loopback without `tls`, where whoever reaches its port can read and change everything.
    public var isInsecureAllowed = false
    /// How long a blank node looks for its seeds before it gives up.
    public var joinTimeout = Duration.seconds(120)
    /// How long a stopping node takes for handing over what it leads.
    public var handOverTimeout = Duration.seconds(3)
    /// Times and bounds of the core.
    public var engine = EngineSettings()
    /// Takes what happens to the node.
    public var logger = Logger(label: "holdfast.node")
    /// Has a span for each request made through the node; nil: none, at no cost.
    public var tracer = bootstrappedTracer()

    /// A node on a folder, with the rest as usual.
    public init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }
}
