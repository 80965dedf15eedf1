import Directory
import Primitives
import Testing

@testable import Engine

/// HAZARDS 21: which processes a node believes to be the other nodes.
@Suite struct AcquaintanceTests {
    private let peer = NodeID(2)
    private let file = UniqueID.random()
    private let cluster = UniqueID.random()

    private func engine(peers: [KnownPeer] = []) -> Engine {
        let engine = Engine(
            recovery: Recovery(
                identity: FileIdentity(file: .random(), cluster: nil, node: nil, name: nil, starts: StartHistory(count: 1, process: .random())),
                peers: peers),
            cluster: cluster, node: NodeID(1), runtimes: [], settings: EngineSettings(), seed: 1, now: Instant(nanoseconds: 1), wall: .zero)
        engine.beginTurn(now: Instant(nanoseconds: 2), wall: .zero)
        return engine
    }

    /// What a turn of the engine has written down of other nodes.
    private func written(_ engine: Engine) -> [KnownPeer] {
        var outputs = EngineOutputs()
        engine.flush(into: &outputs)
        if outputs.batch != nil { engine.persisted() }
        return (outputs.batch?.operations ?? []).compactMap { if case .meet(let peer) = $0 { peer } else { nil } }
    }

    private func starts(_ processes: UniqueID...) -> StartHistory { StartHistory(count: UInt64(processes.count), processes: processes.reversed()) }

    @Test func `a node that was met is written down once for each of its starts`() {
        let engine = engine()
        let (first, second) = (UniqueID.random(), UniqueID.random())
        engine.meet(peer, at: "b:1", starts: starts(first))
        engine.meet(peer, at: "b:1", starts: starts(first))
        #expect(written(engine) == [KnownPeer(node: peer, address: "b:1", start: 1, process: first)])
        engine.meet(peer, at: "b:2", starts: starts(first, second))
        // What an older process says no more counts.
        engine.meet(peer, at: "b:1", starts: starts(first))
        #expect(written(engine) == [KnownPeer(node: peer, address: "b:2", start: 2, process: second)])
    }

    @Test func `an old copy is doubted, however often it was started, by a node that has been restarted since`() {
        let (first, second, third) = (UniqueID.random(), UniqueID.random(), UniqueID.random())
        let engine = engine(peers: [KnownPeer(node: peer, address: "b:1", start: 2, process: second)])
        func doubt(_ starts: StartHistory) -> Engine.PeerDoubt? { engine.doubt(peer, file: file, starts: starts) }
        #expect(doubt(starts(first, second)) == nil)
        #expect(doubt(starts(first, second, third)) == nil)
        #expect(doubt(starts(first)) == .otherStart)
        #expect(doubt(starts(first, third)) == .otherStart)
        #expect(doubt(starts(first, third, .random())) == .otherStart)
        #expect(engine.doubt(NodeID(3), file: file, starts: starts(first)) == nil)
    }
}
