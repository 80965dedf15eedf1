import Foundation
import Primitives
import Synchronization
import Processes

/// Stands between the nodes of a run, as their network: cuts connections off in one or both directions, delays what they carry, and breaks
/// them in mid-frame.
///
/// Every node is known to the others by one of the relay's ports. Who dials shows in the first bytes of a connection (`WireProtocol.md`,
/// Handshake): the address that the dialer gives itself. No right is needed for any of it.
///
/// `@unchecked Sendable`: `links` and `generator` belong to the relay's thread; the rest is constant or under a mutex.
final class Relay: @unchecked Sendable {
    /// What goes from one node to another. Nil: a client.
    struct Flow: Hashable, Sendable {
        var from: Int?
        var to: Int?
    }

    struct Rules: Sendable {
        /// Flows of which nothing comes through: it waits, as TCP would have it, until they are healed.
        var cut: Set<Flow> = []
        /// Milliseconds, from and to, that each piece takes on every flow.
        var delay: ClosedRange<Int64>?
        /// Connections of these flows are broken after a few more bytes.
        var breaking: Set<Flow> = []
        var isOver = false
    }

    /// What others know the nodes by, in the order of the nodes.
    let ports: [Int]
    private let targets: [Int]
    private let listeners: [Int32]
    private let rules = Mutex(Rules())
    private let wake: (reading: Int32, writing: Int32)
    private var links: [RelayLink] = []
    private var generator: RandomGenerator

    /// Starts at once. `targets`: where the nodes listen.
    init(targets: [Int], ports: [Int], seed: UInt64) throws(ChildError) {
        self.targets = targets
        self.ports = ports
        var listeners: [Int32] = []
        for port in ports { listeners.append(try Sockets.listen(port)) }
        self.listeners = listeners
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ChildError("pipe: \(errorText())") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wake = (ends[0], ends[1])
        generator = RandomGenerator(seed: seed)
        signal(SIGPIPE, SIG_IGN)
        let thread = Thread { self.run() }
        thread.name = "relay"
        thread.start()
    }

    func change(_ body: (inout Rules) -> Void) {
        rules.withLock { body(&$0) }
        var byte: UInt8 = 0
        _ = write(wake.writing, &byte, 1)
    }

    /// Everything goes through again.
    func heal() {
        change { rules in
            rules.cut = []
            rules.delay = nil
            rules.breaking = []
        }
    }

    func end() { change { $0.isOver = true } }

    // MARK: The relay's thread

    private func run() {
        while true {
            let rules = rules.withLock { rules in
                // A break strikes the connections that there are.
                defer { rules.breaking = [] }
                return rules
            }
            if rules.isOver { break }
            let now = Self.now
            for link in links { link.apply(rules, now, &generator) }
            wait(until: links.compactMap { $0.nextRelease(now) }.min(), now)
            acceptAll()
            for link in links { link.move(rules, Self.now, &generator) }
            links.removeAll { $0.isClosed }
        }
        for link in links { link.close() }
        for file in listeners + [wake.reading, wake.writing] { Foundation.close(file) }
    }

    /// Milliseconds of the monotonic clock.
    private static var now: Int64 { Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000) }

    private func wait(until release: Int64?, _ now: Int64) {
        var files = [pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0)]
        files += listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        for link in links { files += link.interests(now) }
        let limit = release.map { max(0, min(100, $0 - now)) } ?? 100
        _ = poll(&files, nfds_t(files.count), Int32(limit))
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wake.reading, &bytes, bytes.count) > 0 {}
    }

    private func acceptAll() {
        for (position, listener) in listeners.enumerated() {
            while let dialer = Sockets.accept(listener) {
                guard let target = Sockets.connect(targets[position]) else {
                    Sockets.reset(dialer)
                    continue
                }
                links.append(RelayLink(dialer: dialer, target: target, to: position, ports: ports))
            }
        }
    }
}
