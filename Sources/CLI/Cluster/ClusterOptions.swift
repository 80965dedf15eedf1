import ArgumentParser
import Entities
import Foundation
import Logging
import Node

/// Where the cluster is, and how long to wait for it.
struct ClusterOptions: ParsableArguments {
    static let defaultAddress = "127.0.0.1:7400"

    @Option(
        help: ArgumentHelp(
            "Nodes of the cluster; one that answers is enough. Else HOLDFAST_CONNECT, else \(defaultAddress).",
            valueName: "host:port[,host:port…]"))
    var connect: [String] = []

    @Option(help: ArgumentHelp("How long to try. Default: 10, for what takes longer 60.", valueName: "seconds"))
    var timeout: Seconds?

    @OptionGroup var tls: TLSOptions

    /// For one request.
    var limit: Duration { timeout?.duration ?? .seconds(10) }
    /// For what copies data or waits for nodes.
    var longLimit: Duration { timeout?.duration ?? .seconds(60) }

    func addresses(environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        let named = connect.isEmpty ? [environment["HOLDFAST_CONNECT"] ?? ""] : connect
        let list = named.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        return list.isEmpty && connect.isEmpty ? [Self.defaultAddress] : list
    }

    /// Runs `body` with a connection to the cluster, and closes it.
    func withCluster<Value>(within timeout: Duration? = nil, _ body: (Cluster) async throws -> Value) async throws -> Value {
        let cluster = try await Cluster.connect(
            to: addresses(), timeout: timeout ?? limit, tls: try tls.files(), logger: .silent)
        do {
            let value = try await body(cluster)
            await cluster.close()
            return value
        } catch {
            await cluster.close()
            throw error
        }
    }
}
