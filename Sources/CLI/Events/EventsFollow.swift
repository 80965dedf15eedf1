import ArgumentParser
import Entities
import Node
import UnixSignals

struct EventsFollow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "List an entity's events, and go on as they happen.",
        discussion: """
            Ctrl-C ends it, and says after which revision to go on: with --after, nothing is shown twice and nothing is missed. While the \
            cluster cannot be reached, it is waited for.
            """)

    @OptionGroup var place: EventsPlace
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    /// Between two looks at an entity of which nothing new is known.
    private static let interval = Duration.milliseconds(200)

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let last = try await cluster.withCluster { cluster in
            try await withThrowingTaskGroup(of: UInt64?.self) { group in
                group.addTask {
                    for await _ in signals { break }
                    return nil
                }
                group.addTask { try await follow(cluster) }
                var last = place.after
                // The first to end is the signal, or an error that waiting does not mend.
                _ = try await group.next()
                group.cancelAll()
                while let ended = await group.nextResult() { if case .success(let revision?) = ended { last = revision } }
                return last
            }
        }
        StandardOutput.flush()
        if StandardError.isTerminal { StandardError.line("\nGo on with: holdfast events follow \(place.kind) \(place.id) --after \(last)") }
    }

    /// Returns the last revision shown once it is cancelled.
    private func follow(_ cluster: Cluster) async throws -> UInt64? {
        var reading = EventReading(place)
        var isWaiting = false
        while !Task.isCancelled {
            var isLast = true
            do {
                let (events, wasLast) = try await reading.next(of: cluster, timeout: self.cluster.limit)
                isLast = wasLast
                output.show(events, kind: place.kind, id: place.id)
                if !events.isEmpty { StandardOutput.flush() }
                isWaiting = false
            } catch let failure as Failure where CommandExit(nothingHappened: failure.code) == .unavailable {
                if !isWaiting { StandardError.line("Waiting for the cluster: \(failure.message)") }
                isWaiting = true
            }
            if isLast { try? await Task.sleep(for: Self.interval) }
        }
        return reading.after
    }
}
