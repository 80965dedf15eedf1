import Directory
import Primitives
import Testing

@testable import Engine

@Suite struct JoiningTests {
    private let founder = NodeID(1)
    private let leader = NodeID(5)

    /// A blank node that the cluster has taken in as node 6.
    private func joiner() throws -> Engine {
        let engine = Engine(
            recovery: Recovery(
                identity: FileIdentity(file: .random(), cluster: nil, node: nil, name: nil, starts: StartHistory(count: 1, process: .random()))),
            cluster: .random(), node: NodeID(6), runtimes: [], settings: EngineSettings(), seed: 1,
            now: Instant(nanoseconds: 1), wall: .zero)
        engine.beginTurn(now: Instant(nanoseconds: 2), wall: .zero)
        engine.adopt(name: "")
        engine.learnPeers([
            EngineOutputs.PeerAddress(node: founder, address: "a:1"), EngineOutputs.PeerAddress(node: leader, address: "e:5"),
        ])
        return engine
    }

    @Test func `a joining node does not let go of members that the directory's first entries do not know yet`() throws {
        let engine = try joiner()
        var directory = DirectoryState()
        let found = DirectoryCommand.found(
            cluster: .random(), file: .random(), name: "a", address: try NodeAddress("a:1"), startCounter: 1, process: .random())
        for event in try directory.decide(found) { directory.apply(event) }
        engine.followMembers(directory)
        #expect(engine.knownAddresses.map(\.node) == [founder, leader])
        // Twice makes no difference.
        engine.followMembers(directory)
        #expect(engine.knownAddresses.map(\.node) == [founder, leader])
    }

    /// It was killed before a commit index that covers the directory's first entries was on its disk: it knows nobody.
    @Test func `a node whose directory is empty answers the members that dial it`() throws {
        let engine = Engine(
            recovery: Recovery(
                identity: FileIdentity(file: .random(), cluster: nil, node: nil, name: nil, starts: StartHistory(count: 1, process: .random()))),
            cluster: .random(), node: NodeID(6), runtimes: [], settings: EngineSettings(), seed: 1,
            now: Instant(nanoseconds: 1), wall: .zero)
        engine.beginTurn(now: Instant(nanoseconds: 2), wall: .zero)
        engine.adopt(name: "")
        var outputs = EngineOutputs()
        engine.flush(into: &outputs)
        outputs = EngineOutputs()
        engine.meet(leader, at: "e:5", starts: StartHistory(count: 1, process: .random()))
        engine.flush(into: &outputs)
        #expect(outputs.peers == [EngineOutputs.PeerAddress(node: leader, address: "e:5")])

        // The directory as far as its first entry does not list the leader, which must be answered for the rest to come.
        var directory = DirectoryState()
        let found = DirectoryCommand.found(
            cluster: .random(), file: .random(), name: "a", address: try NodeAddress("a:1"), startCounter: 1, process: .random())
        for event in try directory.decide(found) { directory.apply(event) }
        engine.followMembers(directory)
        #expect(engine.knownAddresses.map(\.address) == ["a:1", "e:5"])
        // Its next process listens elsewhere.
        engine.meet(leader, at: "f:5", starts: StartHistory(count: 2, process: .random()))
        engine.followMembers(directory)
        #expect(engine.knownAddresses.map(\.address) == ["a:1", "f:5"])
    }

    @Test func `a member that was removed is let go`() throws {
        let engine = try joiner()
        var directory = DirectoryState()
        let found = DirectoryCommand.found(
            cluster: .random(), file: .random(), name: "a", address: try NodeAddress("a:1"), startCounter: 1, process: .random())
        for event in try directory.decide(found) { directory.apply(event) }
        for number in 2...5 {
            let join = DirectoryCommand.join(
                file: .random(), name: "n\(number)", address: try NodeAddress("n:\(number)"), startCounter: 1, process: .random())
            for event in try directory.decide(join) { directory.apply(event) }
        }
        directory.apply(.statusChanged(node: leader, status: .removed))
        engine.followMembers(directory)
        #expect(engine.knownAddresses.map(\.node) == (1...4).map { NodeID($0) })
    }
}
