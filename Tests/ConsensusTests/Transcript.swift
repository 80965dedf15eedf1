import Consensus
import Primitives
import Testing

/// Plays a text of commands, each with the trace that it must leave: `command`, `----`, trace, an empty line.
///
/// Nothing moves by itself: messages wait for `deliver`, disks for `persist`; `settle` does both until all is quiet. `elect`, and any command
/// after the word `quietly`, leave no trace. After a change of the protocol, `HOLDFAST_REWRITE=1 swift test --filter Transcripts` writes the traces
/// anew, to be reviewed as a diff.
struct Transcript {
    private var cluster: SimulatedCluster?

    static func check(
        _ text: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var transcript = Transcript()
        let blocks = text.split(separator: "\n\n").map { block in
            block.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).filter { !$0.isEmpty }
        }
        var actual: [String] = []
        for block in blocks {
            let commands = block.prefix { $0 != "----" }
            var lines: [String] = []
            for command in commands where !command.hasPrefix("#") {
                lines += transcript.perform(command.split(separator: " ").map(String.init))
            }
            actual.append((commands + ["----"] + lines).joined(separator: "\n"))
        }
        let expected = blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        let found = actual.joined(separator: "\n\n")
        if found != expected, isRewriting { replace(expected, by: found, inFile: file) }
        #expect(found == expected, "the whole trace is:\n\(found)\n", sourceLocation: sourceLocation)
        #expect(transcript.cluster?.invariants.violations ?? [] == [], sourceLocation: sourceLocation)
    }

    private mutating func perform(_ words: [String]) -> [String] {
        let arguments = words.dropFirst().compactMap { UInt32($0) }
        if words[0] == "cluster" {
            let rest = words.firstIndex(of: "blank") ?? words.count
            cluster = SimulatedCluster(
                voters: words[1..<rest].map { UInt32($0)! }, others: words[rest...].dropFirst().map { UInt32($0)! },
                settings: settings(words))
            return []
        }
        let isQuiet = words[0] == "quietly"
        cluster!.trace = []
        run(isQuiet ? Array(words.dropFirst()) : words, arguments)
        if isQuiet { cluster!.trace = [] }
        defer { cluster!.trace = nil }
        return cluster!.trace!
    }

    private func settings(_ words: [String]) -> RaftSettings {
        var settings = RaftSettings()
        settings.appendEntriesMax = 4
        settings.inFlightMessagesMax = 3
        settings.windowBytesMax = 200
        return settings
    }

    private mutating func run(_ words: [String], _ arguments: [UInt32]) {
        let now = cluster!.now
        let node = arguments.first ?? 0
        switch words[0] {
        // campaign NODE: its election time-out comes, the others' have long been.
        case "campaign":
            cluster!.now = now + .milliseconds(1_200)
            cluster!.tick(NodeID(node))
        case "elect":
            cluster!.trace = nil
            cluster!.elect(node)
            cluster!.trace = []
        // deliver: all that is on the network now; deliver FROM TO: only that.
        case "deliver": deliver(arguments)
        case "drop": drop(arguments)
        // double FROM TO: as deliver, but it comes again later.
        case "double":
            let packets = cluster!.network.filter { $0.from == NodeID(arguments[0]) && $0.to == NodeID(arguments[1]) }
            deliver(arguments)
            cluster!.network += packets
        case "persist": cluster!.finishBatch(NodeID(node))
        case "settle": cluster!.settle()
        case "advance": cluster!.advance(.milliseconds(Int64(words[1])!))
        case "tick":
            cluster!.now = now + .milliseconds(Int64(words[2])!)
            cluster!.tick(NodeID(node))
        // propose NODE TEXT...
        case "propose":
            for text in words[2...] {
                let proposal = cluster!.step(node) { $0.propose(.record, Array(text.utf8), into: &$1) }
                if case .appended = proposal {} else { say("\(node) \(proposal.map { "\($0)" } ?? "is down")") }
            }
            cluster!.flush(node)
        case "read":
            cluster!.step(node) { $0.read(token: UInt64(arguments[1]), into: &$1) }
            cluster!.flush(node)
        case "add": change(node, .addLearner(NodeID(arguments[1])))
        case "promote": change(node, .promote(NodeID(arguments[1])))
        case "remove": change(node, .remove(NodeID(arguments[1])))
        case "transfer":
            let refusal = cluster!.step(node) { raft, outputs -> String? in
                do {
                    try raft.transferLeadership(to: NodeID(arguments[1]), now: now, into: &outputs)
                    return nil
                } catch { return "\(error)" }
            }
            if let refusal = refusal ?? nil { say("refused: \(refusal)") }
        case "lost": cluster!.step(node) { $0.peerLost(NodeID(arguments[1]), now: now, into: &$1) }
        case "reached": cluster!.step(node) { $0.peerReached(NodeID(arguments[1]), now: now, into: &$1) }
        case "crash": cluster!.crash(node)
        case "restart": cluster!.restart(node)
        case "wipe": cluster!.wipe(node)
        case "answer": cluster!.answer(NodeID(node))
        case "fail": cluster!.answer(NodeID(node), failing: true)
        case "checkpoint": cluster!.with(NodeID(node)) { $0.checkpoint(trimming: true) }
        case "state": for id in cluster!.ids { say(state(id)) }
        default: Issue.record("no such command: \(words)")
        }
    }

    private mutating func say(_ line: String) { cluster!.trace!.append(line) }

    private mutating func deliver(_ path: [UInt32]) {
        let packets = cluster!.network
        cluster!.network = []
        for packet in packets {
            if path.isEmpty || (packet.from == NodeID(path[0]) && packet.to == NodeID(path[1])) {
                cluster!.deliver(packet)
            } else {
                cluster!.network.append(packet)
            }
        }
    }

    private mutating func drop(_ path: [UInt32]) {
        cluster!.network.removeAll {
            path.isEmpty || ($0.from == NodeID(path[0]) && $0.to == NodeID(path[1]))
        }
    }

    private mutating func change(_ node: UInt32, _ change: ConfigurationChange) {
        let refusal = cluster!.step(node) { raft, outputs -> String? in
            do {
                _ = try raft.changeConfiguration(change, into: &outputs)
                return nil
            } catch { return "\(error)" }
        }
        if let refusal = refusal ?? nil { say("refused: \(refusal)") }
        cluster!.flush(node)
    }

    private func state(_ id: NodeID) -> String {
        guard let raft = cluster![id].raft else { return "\(id) is down" }
        return "\(id) \(Trace.describe(raft)), log \(raft.windowBase)..\(raft.lastIndex)@\(raft.lastTerm), durable "
            + "\(raft.durableIndex), commit \(raft.commit)"
    }
}
