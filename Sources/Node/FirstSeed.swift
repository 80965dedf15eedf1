internal import Logging
internal import NIOCore
internal import Primitives
internal import Transport

/// Whether the node that its own list of seeds names first may found the cluster.
///
/// It may when every other seed answers and is blank as well: then there is no cluster that it could have forgotten. One node at most is
/// named first, so no two of them found; a node that lost its disk meets others that have a cluster, or none, and founds no second one
/// (HAZARDS 27).
struct FirstSeed: Sendable {
    let configuration: NodeConfiguration
    let seeds: [NetworkAddress]
    let network: TransportSettings
    let loop: any EventLoop

    /// Waits until all other seeds have answered, or one of them that has a cluster.
    /// - Throws: `.join` if that does not happen in time.
    func mayFound(own: UniqueID) async throws -> Bool {
        let others = Array(seeds.dropFirst())
        let clock = ContinuousClock()
        let end = clock.now + configuration.joinTimeout
        var missing: [String] = []
        var isFirst = true
        repeat {
            let answers = try await EventLoopFuture.whenAllSucceed(
                others.map { SeedProbe.ask($0, network, on: loop, configuration.logger) }, on: loop
            ).get()
            if answers.contains(where: { $0?.cluster != nil }) { return false }
            // Two names of one node are not two nodes.
            let blank = Set(answers.compactMap { $0?.file }).subtracting([own])
            if blank.count == others.count { return true }
            missing = zip(others, answers).compactMap { $1 == nil ? $0.description : nil }
            if isFirst {
                isFirst = false
                configuration.logger.notice(
                    "waiting for the other seeds before a cluster is founded", metadata: ["missing": "\(missing.joined(separator: ", "))"])
            }
            try await clock.sleep(for: .milliseconds(250))
        } while clock.now < end
        throw NodeError(
            .join,
            missing.isEmpty
                ? "the seeds are fewer nodes than names; no cluster was founded. Name each node once"
                : "no cluster was founded, as not every seed answered: \(missing.joined(separator: ", ")). A cluster that is new begins when "
                    + "all of them run; one that was there before has to be reached through one of them")
    }
}
