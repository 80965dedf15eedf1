import Foundation
import Primitives

/// One connection through the relay: the dialer's socket, the node's, and what is on its way in both directions.
final class RelayLink {
    private struct Lane {
        var source: Int32
        var sink: Int32
        /// Pieces with the moment from which they may be passed on.
        var pieces: [(bytes: [UInt8], release: Int64)] = []
        var waiting = 0
        var isEnded = false
        var isCut = false
    }

    /// Bytes that wait in one direction before nothing more is read there.
    private static let waitingMax = 1 << 20
    private static let pieceBytes = 64 << 10

    private var there: Lane
    private var back: Lane
    private let to: Int
    private let ports: [Int]
    /// Nil until the first bytes have told who dials.
    private var from: Int??
    private var opening: [UInt8] = []
    /// Bytes until the connection breaks.
    private var breaksAfter: Int?
    private(set) var isClosed = false

    init(dialer: Int32, target: Int32, to: Int, ports: [Int]) {
        there = Lane(source: dialer, sink: target)
        back = Lane(source: target, sink: dialer)
        self.to = to
        self.ports = ports
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        Sockets.reset(there.source)
        Sockets.reset(there.sink)
    }

    /// Takes in what the rules say now.
    func apply(_ rules: Relay.Rules, _ now: Int64, _ generator: inout RandomGenerator) {
        guard case .some(let from) = from else { return }
        there.isCut = rules.cut.contains(Relay.Flow(from: from, to: to))
        back.isCut = rules.cut.contains(Relay.Flow(from: to, to: from))
        if rules.breaking.contains(Relay.Flow(from: from, to: to)) {
            breaksAfter = Int.random(in: 1...2_000, using: &generator)
        }
    }

    /// What to wait for. A lane that is cut is not read: its sender meets a full window.
    func interests(_ now: Int64) -> [pollfd] {
        var files: [pollfd] = []
        for lane in [there, back] {
            if !lane.isCut, !lane.isEnded, lane.waiting < Self.waitingMax {
                files.append(pollfd(fd: lane.source, events: Int16(POLLIN), revents: 0))
            }
            if !lane.isCut, let piece = lane.pieces.first, piece.release <= now {
                files.append(pollfd(fd: lane.sink, events: Int16(POLLOUT), revents: 0))
            }
        }
        return files
    }

    /// When the next piece may go on that waits for nothing but its time.
    func nextRelease(_ now: Int64) -> Int64? {
        [there, back].filter { !$0.isCut }.compactMap { $0.pieces.first?.release }.filter { $0 > now }.min()
    }

    /// Reads and writes what can be read and written now.
    func move(_ rules: Relay.Rules, _ now: Int64, _ generator: inout RandomGenerator) {
        guard !isClosed else { return }
        if let bytes = Self.read(&there, rules, now, &generator), from == nil { learnDialer(bytes, rules) }
        _ = Self.read(&back, rules, now, &generator)
        guard Self.write(&there, now, &breaksAfter), Self.write(&back, now, &breaksAfter) else { return close() }
        // Who has said all is waited for until it has come through.
        if (there.isEnded && there.pieces.isEmpty) || (back.isEnded && back.pieces.isEmpty) { close() }
    }

    /// What has come, nil if nothing has.
    private static func read(
        _ lane: inout Lane, _ rules: Relay.Rules, _ now: Int64, _ generator: inout RandomGenerator
    ) -> [UInt8]? {
        guard !lane.isCut, !lane.isEnded, lane.waiting < waitingMax else { return nil }
        var bytes = [UInt8](repeating: 0, count: pieceBytes)
        let count = Foundation.read(lane.source, &bytes, bytes.count)
        if count < 0, errno == EAGAIN || errno == EINTR || errno == ENOTCONN || errno == EINPROGRESS { return nil }
        guard count > 0 else {
            lane.isEnded = true
            return nil
        }
        bytes.removeLast(bytes.count - count)
        let delay = rules.delay.map { Int64.random(in: $0, using: &generator) } ?? 0
        // Bytes of one connection never overtake each other.
        let release = max(now + delay, lane.pieces.last?.release ?? 0)
        lane.pieces.append((bytes, release))
        lane.waiting += count
        return bytes
    }

    /// A hello: frame header 8, magic 8, message 1, versions 4, role 1, cluster 16, node 4, file 16, start counter 8, then the address as
    /// short text.
    private func learnDialer(_ bytes: [UInt8], _ rules: Relay.Rules) {
        opening += bytes
        let start = 8 + 8 + 1 + 4 + 1 + 16 + 4 + 16 + 8
        guard opening.count >= start + 2 else { return }
        let length = Int(opening[start]) | Int(opening[start + 1]) << 8
        guard opening.count >= start + 2 + length else { return }
        let address = String(decoding: opening[(start + 2)..<(start + 2 + length)], as: UTF8.self)
        let port = address.split(separator: ":").last.flatMap { Int($0) }
        from = .some(port.flatMap { ports.firstIndex(of: $0) })
        opening = []
        there.isCut = rules.cut.contains(Relay.Flow(from: from!, to: to))
        back.isCut = rules.cut.contains(Relay.Flow(from: to, to: from!))
    }

    /// False if the connection is over.
    private static func write(_ lane: inout Lane, _ now: Int64, _ breaksAfter: inout Int?) -> Bool {
        while !lane.isCut, let piece = lane.pieces.first, piece.release <= now {
            var bytes = piece.bytes
            if let left = breaksAfter, bytes.count > left { bytes.removeLast(bytes.count - left) }
            let count = Foundation.write(lane.sink, bytes, bytes.count)
            if count < 0, errno == EAGAIN || errno == EINTR || errno == ENOTCONN || errno == EINPROGRESS { return true }
            guard count >= 0 else { return false }
            lane.waiting -= count
            if let left = breaksAfter {
                breaksAfter = left - count
                if left == count { return false }
            }
            if count == piece.bytes.count { lane.pieces.removeFirst() } else { lane.pieces[0].bytes.removeFirst(count) }
        }
        return true
    }
}
