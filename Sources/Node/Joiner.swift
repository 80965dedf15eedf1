internal import Directory
internal import Engine
internal import Entities
internal import Journal
internal import Logging
internal import NIOCore
internal import Primitives
internal import Transport

/// A blank node's way into a cluster: it asks its seeds until one passes its wish on to the directory.
///
/// It never founds a second cluster, however long it has to wait (HAZARDS 27).
struct Joiner: Sendable {
    let configuration: NodeConfiguration
    let seeds: [NetworkAddress]
    let network: TransportSettings
    let loop: any EventLoop

    func join(identity: FileIdentity, advertised: String) async throws -> ClusterMap {
        let clock = ContinuousClock()
        let end = clock.now + configuration.joinTimeout
        var last = "none answered"
        var isFirst = true
        repeat {
            do throws(Failure) {
                let cluster = try await Cluster.connect(
                    to: seeds, timeout: .seconds(3), network, logger: configuration.logger)
                let result: Result<ClusterMap, Failure>
                do throws(Failure) {
                    result = .success(try await ask(cluster, identity, advertised))
                } catch { result = .failure(error) }
                await cluster.close()
                return try result.get()
            } catch {
                last = error.message
                if error.code.rawValue.hasPrefix("directory-") { throw NodeError(.refused, last) }
            }
            if isFirst {
                isFirst = false
                configuration.logger.warning("no seed has taken this node in; trying on", metadata: ["error": "\(last)"])
            }
            try await clock.sleep(for: .milliseconds(250))
        } while clock.now < end
        let list = seeds.map(\.description).joined(separator: ", ")
        throw NodeError(.join, "could not join a cluster through \(list): \(last)")
    }

    private func ask(_ cluster: Cluster, _ identity: FileIdentity, _ advertised: String) async throws(Failure) -> ClusterMap {
        let address: NodeAddress
        do throws(DirectoryRefusal) { address = try NodeAddress(advertised) } catch {
            throw Failure(.malformed, error.message)
        }
        return try await cluster.change(
            .join(
                file: identity.file, name: configuration.name, address: address, startCounter: identity.starts.count,
                process: identity.starts.process))
    }
}
