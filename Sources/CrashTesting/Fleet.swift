import Foundation
import Node
import Processes

/// The nodes of a run: real processes with folders and ports of their own.
package actor Fleet {
    private var launches: [ChildNode.Launch]
    private var nodes: [ChildNode?]
    let patience: Duration
    /// How others reach the nodes.
    package nonisolated let addresses: [String]
    /// Between the nodes, if faults of the network are wanted.
    nonisolated let relay: Relay?
    /// The nodes' namespaces, if packets are to be lost and this user may make some.
    nonisolated let network: Namespaces?
    /// Under the nodes' folders, if disks are to be filled and this user may make some.
    nonisolated let disks: [SmallDisk]
    /// How often each node's folder has been set aside.
    private var replacements: [Int]

    package static func make(_ settings: CrashTestSettings) async throws -> Fleet {
        var disks: [SmallDisk] = []
        if settings.faults.contains(.full) {
            for position in 0..<settings.nodes {
                guard let disk = await SmallDisk.mount(at: "\(settings.folder)/disk\(position + 1)") else { break }
                disks.append(disk)
            }
            if disks.count < settings.nodes {
                for disk in disks { await disk.unmount() }
                disks = []
            }
        }
        let network = settings.faults.contains(.netns) ? await Namespaces.make(settings.nodes) : nil
        return try Fleet(settings, disks, network)
    }

    private init(_ settings: CrashTestSettings, _ disks: [SmallDisk], _ network: Namespaces?) throws {
        let hasRelay = settings.faults.contains(where: \.needsRelay)
        let all = try FreePorts.pick(settings.nodes * (hasRelay ? 2 : 1))
        let (ports, known) = (Array(all.prefix(settings.nodes)), Array(all.suffix(settings.nodes)))
        relay = hasRelay ? try Relay(targets: ports, ports: known, seed: settings.seed) : nil
        self.disks = disks
        self.network = network
        // Entity checkpoints come often, so that faults meet them.
        let settingsFile = "\(settings.folder)/settings.json"
        guard FileManager.default.createFile(atPath: settingsFile, contents: Data("{\"checkpoint-entries\": 400}".utf8)) else {
            throw ChildError("\(settingsFile) cannot be written")
        }
        let addresses = known.enumerated().map { position, port in "\(network?.address(position) ?? "127.0.0.1"):\(port)" }
        self.addresses = addresses
        launches = ports.enumerated().map { position, port in
            let name = "node\(position + 1)"
            let place = disks.isEmpty ? settings.folder : disks[position].folder
            var launch = ChildNode.Launch(
                executable: settings.executable, data: "\(place)/\(name)", port: port,
                seeds: position == 0 ? [] : [addresses[0]], name: name, logFile: "\(settings.folder)/\(name).log")
            if let network { (launch.host, launch.runner) = (network.address(position), network.runner(position)) }
            launch.extraArguments = ["--config", settingsFile] + (hasRelay ? ["--advertise", addresses[position]] : [])
            // Beyond loopback, on cables that nobody else has.
            if network != nil { launch.extraArguments.append("--insecure") }
            return launch
        }
        nodes = Array(repeating: nil, count: settings.nodes)
        replacements = Array(repeating: 0, count: settings.nodes)
        patience = settings.patience
    }

    package nonisolated var count: Int { addresses.count }
    package var folders: [String] { launches.map(\.data) }
    var isUp: [Bool] { nodes.map { $0 != nil } }

    func start(_ position: Int, environment: [String: String] = [:]) throws -> ChildNode {
        var launch = launches[position]
        launch.environment = environment
        let node = try ChildNode.start(launch)
        nodes[position] = node
        return node
    }

    /// Starts a node that is down and waits until it serves. Returns how long that took.
    @discardableResult
    package func startUntilReady(_ position: Int) async throws -> Duration {
        let node = try start(position)
        try await node.waitUntilReady(timeout: patience)
        return node.timeToReady ?? .zero
    }

    /// `kill -9`; returns once the process is gone.
    func kill(_ position: Int) async throws {
        guard let node = nodes[position] else { return }
        guard node.process.exit == nil else { throw died(position, node) }
        node.kill()
        guard await node.waitForExit() != nil else { throw ChildError("node\(position + 1) does not die") }
        nodes[position] = nil
    }

    /// `kill -9` of all, the signals at one moment.
    func killAll() async throws {
        for case let node? in nodes { node.kill() }
        for position in nodes.indices {
            guard let node = nodes[position] else { continue }
            guard await node.waitForExit() != nil else { throw ChildError("node\(position + 1) does not die") }
            nodes[position] = nil
        }
    }

    func pause(_ position: Int) { nodes[position]?.pause() }
    func resume(_ position: Int) { nodes[position]?.resume() }

    /// SIGTERM; returns how it ended, nil if that took longer than `limit`, and how long it took.
    func terminate(_ position: Int, within limit: Duration = .seconds(5)) async throws -> (exit: ExitStatus?, time: Duration) {
        guard let node = nodes[position] else { return (.code(0), .zero) }
        let start = ContinuousClock.now
        node.terminate()
        let exit = await node.waitForExit(timeout: limit)
        let time = (node.process.exitedAt ?? ContinuousClock.now) - start
        if exit == nil {
            node.kill()
            _ = await node.waitForExit()
        }
        nodes[position] = nil
        return (exit, time)
    }

    /// Says which node has ended by itself, if one has: no node may.
    func checkAlive() throws {
        for (position, node) in nodes.enumerated() {
            if let node, node.process.exit != nil { throw died(position, node) }
        }
    }

    private func died(_ position: Int, _ node: ChildNode) -> ChildError {
        ChildError(
            "node\(position + 1) ended by itself with \(node.process.exit!). The end of \(node.launch.logFile):\n"
                + node.endOfLog())
    }

    /// Ends what still runs, and gives back what was taken of the machine.
    package func endAll() async {
        for case let node? in nodes { node.kill() }
        for case let node? in nodes { _ = await node.waitForExit() }
        relay?.end()
    }

    package func unmountAll() async { for disk in disks { await disk.unmount() } }
    package func removeNetwork() async { await network?.remove() }

    /// A node that has data needs no seeds: some restarts go without.
    func useSeeds(_ isWanted: Bool, for position: Int) {
        launches[position].seeds = isWanted ? addresses.filter { $0 != addresses[position] } : []
    }

    // MARK: Folders

    /// Starts a process that must not come to serve, on a node's folder or in the node's place, and returns how it ended; nil if it has not.
    func startInVain(_ position: Int, port: Int? = nil, within limit: Duration = .seconds(20)) async throws -> (exit: ExitStatus?, log: String) {
        var launch = launches[position]
        if let port {
            launch.port = port
            launch.logFile += ".second"
        }
        let node = try ChildNode.start(launch)
        let exit = await node.waitForExit(timeout: limit)
        if exit == nil {
            node.kill()
            _ = await node.waitForExit()
        }
        return (exit, node.endOfLog(lines: 3))
    }

    /// How a node that should run has ended, nil if it runs. One that has ended is no longer counted as running.
    func takeExit(_ position: Int) -> ExitStatus? {
        guard let exit = nodes[position]?.process.exit else { return nil }
        nodes[position] = nil
        return exit
    }

    func waitForExit(_ position: Int, within limit: Duration) async -> ExitStatus? {
        guard let node = nodes[position] else { return nil }
        _ = await node.waitForExit(timeout: limit)
        return takeExit(position)
    }

    func endOfLog(_ position: Int) -> String {
        (try? String(contentsOfFile: launches[position].logFile, encoding: .utf8))?.split(separator: "\n").suffix(3).joined(separator: "\n") ?? ""
    }

    func copyFolder(_ position: Int) throws {
        try FileManager.default.copyItem(atPath: launches[position].data, toPath: launches[position].data + ".old")
    }

    /// Puts the copy in the place of a node's folder.
    func putBackCopy(_ position: Int) throws {
        let data = launches[position].data
        try FileManager.default.removeItem(atPath: data)
        try FileManager.default.moveItem(atPath: data + ".old", toPath: data)
    }

    /// Leaves a node's folder behind: the next start is another node's, on an empty one, with the others as its seeds.
    func setAside(_ position: Int) throws {
        replacements[position] += 1
        let data = launches[position].data
        // On a small disk there is no room for more than the last.
        try? FileManager.default.removeItem(atPath: data + ".aside")
        try FileManager.default.moveItem(atPath: data, toPath: data + ".aside")
        launches[position].name = "node\(position + 1)-\(replacements[position] + 1)"
        useSeeds(true, for: position)
    }
}
