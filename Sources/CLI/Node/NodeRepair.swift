import ArgumentParser
import Directory
import Engine
import Entities
import Foundation
import Journal
import Logging
import Node
import Primitives

struct NodeRepair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Replace a node whose folder is damaged, or an old copy, by a new one that its peers fill.",
        discussion: """
            With the node stopped, and the options that it is started with. The folder is set aside under another name and never deleted. A new \
            node joins in its place, gets replicas of what the old one held, and the old one is taken out of the cluster. When that is done \
            the command ends, and the node can be started as before.

            Nothing is changed unless the peers can do without the old node: of each of its shards a majority must be up without it.
            """)

    @OptionGroup var options: NodeOptions

    @Option(help: ArgumentHelp("The old node's number or name, if its journal cannot tell it any more.", valueName: "node"))
    var replaces: String?

    @Option(help: ArgumentHelp("How long to wait for the replicas. Default: 600.", valueName: "seconds"))
    var timeout = Seconds(600)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        var settings = try await options.resolve().settings
        try settings.check()
        guard let data = settings.data, let seeds = settings.seeds, !seeds.isEmpty else {
            throw CommandFailure.usage("--seed is missing: name a node of the cluster that is well, as in --seed 127.0.0.1:7400")
        }
        // The name is free once the old node is gone; until then the cluster makes one up.
        settings.name = nil
        let folder = try JournalFolder(locking: data)
        let old = try await NodeReplacement.find(
            folder.identity(), named: replaces, address: settings.advertise ?? settings.listen, in: data, seeds: seeds, tls: settings.tls())
        let aside = folder.path + ".set-aside-" + Self.stamp()
        try folder.move(to: aside)
        if !output.json { StandardOutput.line("\(data) is set aside as \(aside)") }
        StandardOutput.flush()
        let node: Node
        do {
            node = try await Node.start(settings.configuration(logger: .silent), kinds: Program.current.kinds)
            try await node.waitUntilReady()
        } catch {
            try putBack(aside, to: folder.path)
            throw error
        }
        do {
            try await replace(old, by: node)
        } catch {
            await node.stop()
            throw error
        }
        await node.stop()
        show(old, node, aside)
    }

    /// A new folder that has not become a node's is nobody's loss.
    private func putBack(_ aside: String, to path: String) throws {
        if FileManager.default.fileExists(atPath: path) {
            let new = try JournalFolder(locking: path)
            guard new.identity()?.cluster == nil else { return }
            try FileManager.default.removeItem(atPath: path)
        }
        try DurableFile.rename(aside, to: path)
    }

    private func replace(_ old: Member, by node: Node) async throws {
        let clock = ContinuousClock()
        let end = clock.now + timeout.duration
        let bar = ProgressBar("filling", .count("replicas"), isQuiet: output.json)
        defer { bar.end() }
        if old.status != .removed { _ = try await node.change(.remove(node: old.id), timeout: .seconds(30)) }
        while clock.now < end {
            if let status = try? await node.status(timeout: .seconds(2)) {
                let isGone = status.members.first { $0.node == old.id }.map { $0.status == .removed } ?? true
                if isGone, status.isSettled { return }
                let whole = status.shards.count { $0.owner != nil && $0.voters == $0.wanted && !$0.voters.contains(old.id) }
                bar.show(Int64(whole), of: Int64(status.shards.count))
            }
            try await clock.sleep(for: .milliseconds(100))
        }
        throw CommandFailure(
            .unavailable, "timed-out",
            "node \(node.id) has joined in the place of node \(old.id), and is not filled yet. Start it as before: it goes on, and "
                + "`holdfast cluster shards` shows how far it is.")
    }

    private func show(_ old: Member, _ node: Node, _ aside: String) {
        guard !output.json else {
            return StandardOutput.json(Replaced(replaced: old.id.rawValue, node: node.id.rawValue, setAside: aside))
        }
        StandardOutput.line("node \(node.id) has taken the place of node \(old.id) (\(old.name)) and holds what it held")
        StandardOutput.line("Start it as before. Once all is well, \(aside) may be deleted.")
    }

    private struct Replaced: Encodable {
        var replaced: UInt32
        var node: UInt32
        var setAside: String

        enum CodingKeys: String, CodingKey {
            case replaced, node
            case setAside = "set_aside"
        }
    }

    /// `20260301T120000Z`
    private static func stamp() -> String {
        ISO8601DateFormatter().string(from: Date()).filter { $0 != "-" && $0 != ":" }
    }
}
