import CLI
import Entities
import Foundation
import Node
import Synchronization
import Testing

extension EndToEnd {
    /// What operators do while callers go on.
    @Suite struct Running {
        /// Callers that increment without a pause, and what became of it.
        private final class Load: Sendable {
            private struct State {
                var latencies: [Duration] = []
                var failures: [String] = []
                var sums: [String: Int64] = [:]
                var isEnding = false
            }

            private let state = Mutex(State())

            func end() { state.withLock { $0.isEnding = true } }
            private var isEnding: Bool { state.withLock { $0.isEnding } }

            func run(_ cluster: Cluster, callers: Int) async throws {
                let counters = try await cluster.entities(Counter.self)
                await withTaskGroup(of: Void.self) { group in
                    for caller in 0..<callers {
                        group.addTask {
                            let id = "load-\(caller)"
                            while !self.isEnding {
                                let start = ContinuousClock.now
                                do {
                                    _ = try await counters[id].send(Counter.Increment(by: 1))
                                    self.answered(id, ContinuousClock.now - start)
                                } catch {
                                    self.failed("\(error)")
                                }
                            }
                        }
                    }
                }
            }

            private func answered(_ id: String, _ time: Duration) {
                state.withLock { state in
                    state.latencies.append(time)
                    state.sums[id, default: 0] += 1
                }
            }

            private func failed(_ error: String) { state.withLock { $0.failures.append(error) } }

            var failures: [String] { state.withLock { $0.failures } }
            var sums: [String: Int64] { state.withLock { $0.sums } }
            var count: Int { state.withLock { $0.latencies.count } }
            /// The latency that 99 of 100 increments did not exceed.
            var p99: Duration {
                state.withLock { state in
                    let sorted = state.latencies.sorted()
                    return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
                }
            }
        }

        @Test func `a rolling restart of three nodes fails no request`() async throws {
            try await Stage.run(isAlone: true) { stage in
                var nodes = try await stage.startThree()
                let cluster = try await Cluster.connect(to: nodes.map(\.address))
                let load = Load()
                let calling = Task { try await load.run(cluster, callers: 8) }
                for position in nodes.indices {
                    nodes[position].terminate()
                    #expect(await nodes[position].waitForExit() == .code(0))
                    nodes[position] = try await stage.restart(nodes[position])
                    let other = nodes[(position + 1) % 3]
                    let wait = try await stage.run(["cluster", "wait", "3", "--settled"], at: other)
                    #expect(wait.exit == .code(0), "\(wait)")
                }
                load.end()
                try await calling.value
                print("A rolling restart: \(load.count) increments, p99 \(load.p99)")
                #expect(load.failures == [])
                #expect(load.count > 100)
                #expect(load.p99 < .seconds(1))
                let counters = try await cluster.entities(Counter.self)
                for (id, sum) in load.sums { #expect(try await counters[id].ask(Counter.Balance()) == sum) }
                await cluster.close()
            }
        }

        @Test func `a node that is lost is removed and replaced, and nothing is lost with it`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                for number in 0..<10 { _ = try await stage.increment("c\(number)", by: 7, at: nodes[0]) }
                nodes[2].kill()
                _ = await nodes[2].waitForExit()
                let new = try await stage.start(stage.launch("node4", seeds: [nodes[0].address]))
                let remove = try await stage.run(["cluster", "remove", "3"], at: nodes[0], timeout: .seconds(70))
                #expect(remove.exit == .code(0), "\(remove)")
                let wait = try await stage.run(["cluster", "wait", "3", "--settled"], at: nodes[0])
                #expect(wait.exit == .code(0), "\(wait)")
                // Any one node may be lost now: the new one is a whole replica.
                nodes[0].kill()
                _ = await nodes[0].waitForExit()
                for number in 0..<10 { #expect(try await stage.get("c\(number)", at: new).line == "7") }
                // What was removed stays out.
                let stray = try stage.begin(nodes[2].launch)
                #expect(await stray.waitForExit(timeout: .seconds(30)) == .code(74), "\(stray.endOfLog())")
                #expect(stray.endOfLog().contains("removed"), "\(stray.endOfLog())")
            }
        }

        @Test func `the files for running it are checked as far as this machine can`() async throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
            try await Stage.run { stage in
                let errors = stage.folder + "/check.err"
                let process = try ChildProcess.start(
                    ChildProcess.Launch(executable: root + "/tools/check-deploy", arguments: [], errorFile: errors))
                // The first time it fetches schemas, of some megabytes.
                let exit = await process.waitForExit(timeout: .seconds(120))
                let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
                #expect(exit == .code(0), "\(text)")
            }
        }
    }
}
