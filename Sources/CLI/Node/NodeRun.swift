import CoreMetrics
import Directory
import Engine
import Entities
import Foundation
import Gateway
import Logging
import Node
import Primitives
import ServiceLifecycle
import Telemetry
import UnixSignals

/// One life of a node: start, say `ready`, serve until a signal or a fault, hand over, end.
struct NodeRun: Sendable {
    let configuration: NodeConfiguration
    /// Where HTTP is served; nowhere if nil.
    let http: String?
    /// The file of the tokens that HTTP asks for.
    let tokens: String?
    /// Requests over HTTP at a time; nil: the gateway's own bound.
    let requestsMax: Int?
    let kinds: [any Entity.Type]
    /// Of each kind; nil: what the cluster has, or the default.
    let shards: Int?
    let isJSON: Bool
    let logger: Logger

    static let shardsByDefault = 10

    func run() async throws {
        // From the first moment on: a node that still looks for its seeds ends by a signal as well.
        // SIGHUP means what it always means where there is nothing to be read anew.
        let trapped: [UnixSignal] = configuration.tls == nil && tokens == nil ? [.sigterm, .sigint] : [.sigterm, .sigint, .sighup]
        let signals = await UnixSignalsSequence(trapping: trapped)
        let reload = ReloadSwitch()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            let stop = StopSwitch()
            group.addTask {
                await obey(signals, stop, reload)
                return false
            }
            group.addTask {
                try await live(stop, reload)
                return true
            }
            // The signals never end by themselves.
            while let isDone = try await group.next(), !isDone {}
            group.cancelAll()
        }
    }

    /// The first signal asks the node to stop; the second does not ask.
    private func obey(_ signals: UnixSignalsSequence, _ stop: StopSwitch, _ reload: ReloadSwitch) async {
        for await signal in signals {
            guard signal != .sighup else {
                reload.press()
                continue
            }
            guard stop.press() else {
                logger.warning("A second signal: ending at once.")
                Foundation._exit(128 + signal.rawValue)
            }
            logger.info("Stopping.", metadata: ["signal": "\(signal)"])
        }
    }

    private func live(_ stop: StopSwitch, _ reload: ReloadSwitch) async throws {
        // Two bridges from a signal to what it stops: a start that may still look for its seeds, and the services.
        let starting = Task { try await Node.start(configuration, kinds: kinds) }
        stop.onPress { starting.cancel() }
        let node: Node
        do {
            node = try await starting.value
        } catch where stop.isPressed {
            return
        }
        reload.onPress { node.reloadCertificates() }
        let telemetry = TelemetryRegistry()
        MetricsSystem.bootstrap(telemetry)
        let gateway = try http.map { (address) throws(NodeError) in
            var configuration = GatewayConfiguration(address: address)
            configuration.logger = logger
            configuration.telemetry = telemetry
            configuration.tokensFile = tokens
            if let requestsMax { configuration.requestsMax = requestsMax }
            return try Gateway(node: node, configuration: configuration)
        }
        if let gateway { reload.onPress { gateway.reloadTokens() } }
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: node, successTerminationBehavior: .gracefullyShutdownGroup),
            .init(
                service: Registration(run: self, node: node, gateway: gateway), successTerminationBehavior: .ignore,
                failureTerminationBehavior: .gracefullyShutdownGroup),
        ]
        // After the node, so that it ends before it.
        if let gateway {
            services.append(.init(service: gateway, failureTerminationBehavior: .gracefullyShutdownGroup))
        }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: .silent))
        stop.onPress { Task { await group.triggerGracefulShutdown() } }
        try await group.run()
    }

    /// Makes sure that the cluster has the program's kinds, and says `ready`.
    private struct Registration: Service {
        let run: NodeRun
        let node: Node
        let gateway: Gateway?

        func run() async throws {
            do {
                try await cancelWhenGracefulShutdown {
                    try await node.waitUntilReady()
                    for kind in run.kinds { try await register(kind) }
                    let http = await gateway?.waitUntilListening()
                    // Without its address the gateway has failed, and its own error ends the node.
                    if gateway == nil || http != nil { say(http) }
                }
            } catch is CancellationError {}
        }

        /// A cluster that has no majority yet is waited for.
        private func register(_ kind: any Entity.Type) async throws {
            var isFirst = true
            while true {
                do throws(Failure) {
                    return try await register(kind, shards: try await wanted(kind.kind))
                } catch {
                    guard [.unavailable, .timedOut, .overloaded].contains(error.code) else { throw error }
                    if isFirst { run.logger.warning("Waiting for the cluster.", metadata: ["error": "\(error.message)"]) }
                    isFirst = false
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }

        private func register<E: Entity>(_ kind: E.Type, shards: Int) async throws(Failure) {
            _ = try await node.entities(kind, shards: shards)
        }

        private func wanted(_ kind: String) async throws(Failure) -> Int {
            if let shards = run.shards { return shards }
            let map = try await node.clusterMap()
            return map.kinds.first { $0.name == kind }?.shards ?? NodeRun.shardsByDefault
        }

        private func say(_ http: String?) {
            var metadata: Logger.Metadata = ["node.id": "\(node.id)", "address": "\(node.address)"]
            if let http { metadata["http"] = "\(http)" }
            run.logger.info("Serving.", metadata: metadata)
            if run.isJSON {
                StandardOutput.json(Ready(ready: true, node: node.id.rawValue, address: node.address, http: http))
            } else {
                StandardOutput.line("ready")
            }
            StandardOutput.flush()
        }

        private struct Ready: Encodable {
            var ready: Bool
            var node: UInt32
            var address: String
            var http: String?
        }
    }
}
