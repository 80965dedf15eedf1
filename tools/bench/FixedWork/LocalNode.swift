import Directory
import Engine
import Entities
import Journal
import Primitives
import Shards

/// A node's engine on a real journal, without threads: every batch is written before the turn that made it ends.
final class LocalNode {
    let engine: Engine
    private let file: JournalFile
    private let folder: String
    /// Frames for other nodes and for the client, since they were last taken.
    private(set) var frames: [EngineOutputs.PeerFrame] = []
    private(set) var answers: [[UInt8]] = []
    /// Answers to `request`.
    private(set) var responses: [UInt64: Response] = [:]
    private(set) var peers: [EngineOutputs.PeerAddress] = []
    private var outputs = EngineOutputs()

    /// - Parameter place: founds the cluster or takes the node's place in it.
    init(folder: String, cluster: UniqueID, node: NodeID, clock: LocalClock, place: (Engine, FileIdentity) -> Void) throws {
        self.folder = folder
        file = try JournalFile.open(directory: folder)
        let recovery = try file.recover()
        engine = Engine(
            recovery: recovery, cluster: cluster, node: node, runtimes: [KindRuntime(Counter.self)], settings: EngineSettings(),
            seed: UInt64(node.rawValue), now: clock.now, wall: clock.wall)
        place(engine, recovery.identity)
        try flush()
    }

    func turn(_ clock: LocalClock, _ body: (Engine) throws -> Void) throws {
        engine.beginTurn(now: clock.now, wall: clock.wall)
        try body(engine)
        try flush()
    }

    func takeFrames() -> [EngineOutputs.PeerFrame] {
        defer { frames.removeAll(keepingCapacity: true) }
        return frames
    }

    func takeAnswers() -> [[UInt8]] {
        defer { answers.removeAll(keepingCapacity: true) }
        return answers
    }

    private func flush() throws {
        while true {
            engine.flush(into: &outputs)
            if let fault = outputs.fault { preconditionFailure("node \(engine.node): \(fault)") }
            frames += outputs.frames
            answers += outputs.clientFrames.map(\.bytes)
            for item in outputs.localResponses { responses[item.token] = item.response }
            if let found = outputs.peers { peers = found }
            precondition(outputs.loads.isEmpty, "a cluster that has just begun has nothing to load")
            for load in outputs.entryLoads { try read(load) }
            guard let batch = outputs.batch else {
                if outputs.entryLoads.isEmpty { return }
                continue
            }
            try file.write(batch)
            engine.persisted()
        }
    }

    private func read(_ load: EngineOutputs.EntryLoad) throws {
        let found = try JournalReader(directory: folder).entries(
            load.group, from: load.from, through: load.through, bytesMax: load.bytesMax)
        engine.entriesLoaded(load.group, for: load.peer, found.entries, previousTerm: found.previousTerm ?? .zero)
    }
}

/// The time that all nodes go by: it moves when told to.
struct LocalClock {
    private(set) var now = Instant(nanoseconds: 1_000_000_000)

    var wall: WallTime { WallTime(milliseconds: 1_700_000_000_000 + now.nanoseconds / 1_000_000) }

    mutating func advance(_ span: Span) { now = now + span }
}
