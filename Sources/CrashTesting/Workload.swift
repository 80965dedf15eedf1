import Engine
import JSON
import Logging
import Node
import Primitives
import Processes

/// Concurrent callers on a cluster, until told to end.
struct Workload: Sendable {
    let settings: CrashTestSettings
    let clusters: [Cluster]
    let names: RequestNames
    let clock: RunClock
    let state = WorkloadState()

    /// Connects several clients, as callers are spread over several programs in real life, and opens every other caller's session.
    static func connect(_ settings: CrashTestSettings, to addresses: [String], clock: RunClock) async throws -> Workload {
        let logger = Logger(label: "holdfast.client", factory: { _ in SwiftLogNoOpLogHandler() })
        var clusters: [Cluster] = []
        for _ in 0..<min(4, settings.callers) {
            clusters.append(try await Cluster.connect(to: addresses, timeout: .seconds(30), logger: logger))
        }
        var names = RequestNames(sessions: [])
        for caller in 0..<settings.callers {
            guard caller % 2 == 1 else {
                names.sessions.append(nil)
                continue
            }
            guard case .document(let body) = await clusters[0].perform(.cluster(.openSession), timeout: .seconds(30)),
                let session = try? JSON.decode(OpenedSession.self, from: body)
            else { throw ChildError("no session could be opened") }
            names.sessions.append(RequestNames.OpenSession(client: session.client, opened: session.opened))
        }
        return Workload(settings: settings, clusters: clusters, names: names, clock: clock)
    }

    func caller(_ number: Int) -> Caller {
        Caller(
            number: number, settings: settings, names: names, cluster: clusters[number % clusters.count], clock: clock,
            state: state)
    }

    /// Runs all callers; returns what each did, in its order.
    func run() async -> [[Act]] {
        await withTaskGroup(of: (Int, [Act]).self) { group in
            for number in 0..<settings.callers {
                let caller = caller(number)
                group.addTask { (number, await caller.run()) }
            }
            var acts = Array(repeating: [Act](), count: settings.callers)
            for await (number, done) in group { acts[number] = done }
            return acts
        }
    }

    /// Reads every entity once, after the load. Nil for one that is not answered in time.
    func readAll() async -> [Act?] {
        let lanes = min(32, settings.entities)
        return await withTaskGroup(of: [(Int, Act?)].self) { group in
            for lane in 0..<lanes {
                let reader = caller(lane % settings.callers)
                group.addTask {
                    var acts: [(Int, Act?)] = []
                    for entity in stride(from: lane, to: settings.entities, by: lanes) {
                        var act: Act?
                        for _ in 0..<6 where act == nil { act = await reader.read(entity) }
                        acts.append((entity, act))
                    }
                    return acts
                }
            }
            var values = [Act?](repeating: nil, count: settings.entities)
            for await acts in group { for (entity, act) in acts { values[entity] = act } }
            return values
        }
    }

    func close() async {
        for cluster in clusters { await cluster.close() }
    }
}
