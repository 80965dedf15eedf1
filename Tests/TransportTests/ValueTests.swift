import Primitives
import Testing

@testable import Transport

@Suite struct BackoffTests {
    @Test("Pauses double from the first to the longest, each drawn from the upper half of its span")
    func doubling() {
        var generator = RandomGenerator(seed: 3)
        for _ in 0..<200 {
            var backoff = Backoff(.init(first: .milliseconds(50), longest: .seconds(2)))
            for longest in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000] as [Int64] {
                let pause = backoff.next(using: &generator)
                #expect(pause > .milliseconds(longest) / 2 && pause <= .milliseconds(longest))
            }
            backoff.reset()
            let again = backoff.next(using: &generator)
            #expect(again <= .milliseconds(50))
        }
    }

    @Test("Two that lost one peer at one moment come back at different ones")
    func jitter() {
        let pauses = (0..<100).map { seed in
            var generator = RandomGenerator(seed: UInt64(seed))
            var backoff = Backoff(.init(first: .seconds(1), longest: .seconds(2)))
            return backoff.next(using: &generator)
        }
        #expect(Set(pauses).count > 90)
    }
}

@Suite struct PeerLivenessTests {
    private let process = UniqueID(high: 7, low: 7)

    @Test("The loss of a process is told once, however many of its streams break")
    func once() {
        var liveness = PeerLiveness()
        var told = [liveness.lost()]
        _ = liveness.connected(StartHistory(count: 4, process: process))
        _ = liveness.connected(StartHistory(count: 4, process: process))
        told += [liveness.lost(), liveness.lost()]
        _ = liveness.connected(StartHistory(count: 4, process: process))
        told.append(liveness.lost())
        #expect(told == [false, true, false, true])
    }

    @Test("A newer start is another process; the loss of the one before is told if it was not")
    func restarts() {
        var liveness = PeerLiveness()
        let first = liveness.connected(StartHistory(count: 4, process: process))
        let second = liveness.connected(StartHistory(count: 5, process: process))
        _ = liveness.lost()
        let third = liveness.connected(StartHistory(count: 6, process: process))
        #expect(first == (false, false))
        #expect(second == (true, true))
        #expect(third == (true, false))
    }

    @Test("An older start than the newest that was seen is stale, also while nothing is connected")
    func stale() {
        var liveness = PeerLiveness()
        #expect(!liveness.isStale(StartHistory(count: 1, process: process)))
        _ = liveness.connected(StartHistory(count: 4, process: process))
        _ = liveness.lost()
        #expect(liveness.isStale(StartHistory(count: 3, process: process)))
        #expect(!liveness.isStale(StartHistory(count: 4, process: process)) && !liveness.isStale(StartHistory(count: 5, process: process)))
        // A copy of the folder that was started counts the same.
        let other = UniqueID(high: 8, low: 8)
        #expect(liveness.isStale(StartHistory(count: 4, process: other)) && !liveness.isStale(StartHistory(count: 5, process: other)))
        // So does an old copy that was started once more than the folder; its start 4 was another process.
        #expect(liveness.isStale(StartHistory(count: 5, processes: [other, other])))
        #expect(!liveness.isStale(StartHistory(count: 5, processes: [other, process])))
    }
}

@Suite struct NetworkAddressTests {
    @Test("Host names, IPv4 and bracketed IPv6 addresses read, and write back as they were")
    func reads() throws {
        for (text, host, port) in [
            ("127.0.0.1:7400", "127.0.0.1", 7400), ("node-1.example.org:0", "node-1.example.org", 0),
            ("[::1]:65535", "::1", 65_535),
        ] {
            let address = try NetworkAddress(parsing: text)
            #expect(address == NetworkAddress(host: host, port: port))
            #expect(address.description == text)
        }
    }

    @Test(
        "Anything else is refused, and the message says why",
        arguments: [
            ("", "port is missing"), ("localhost", "port is missing"), (":7400", "host is missing"),
            ("[]:7400", "host is missing"), ("a:b:7400", "brackets"), ("::1:7400", "brackets"),
            ("host:", "not a number"), ("host:65536", "not a number"), ("host:-1", "not a number"),
            ("host:+1", "not a number"), ("host:7400 ", "not a number"), ("ho st:1", "character"), ("höst:1", "character"),
            ("host:99999999999999999999", "not a number"), (String(repeating: "a", count: 400) + ":1", "longer"),
        ])
    func refuses(text: String, reason: String) throws {
        let error = try #require(throws: TransportError.self) { _ = try NetworkAddress(parsing: text) }
        #expect(error.code == .invalidAddress)
        #expect(error.message.contains(reason))
    }
}
