import Primitives
import Linearizability

/// One operation of one caller, in few bytes: a run keeps millions.
struct Act: Sendable {
    enum Ending: UInt8, Sendable { case answered, unknown }

    /// The entity's number.
    var entity: UInt32
    var caller: UInt32
    /// Counts the caller's increments from 1; 0 for a read.
    var number: UInt32
    /// The amount; 0 for a read, as increments by nothing are not made.
    var by: Int32
    /// Nanoseconds on the run's clock.
    var from: Int64
    var to: Int64
    var value: Int64 = 0
    var ending = Ending.unknown
    /// Where the receipt says that it is in the log.
    var group: UInt32 = 0
    var term: UInt64 = 0
    var index: UInt64 = 0
    var revision: UInt64 = 0

    var isIncrement: Bool { by != 0 }

    func operation(_ names: RequestNames) -> Operation {
        Operation(
            entity: names.entity(Int(entity)), action: isIncrement ? .increment(by: Int64(by)) : .read,
            invoked: Instant(nanoseconds: from), responded: Instant(nanoseconds: to),
            outcome: ending == .answered ? .ok(value) : .unknown, caller: Int(caller),
            request: isIncrement ? names.text(caller: Int(caller), number: number) : nil)
    }
}

/// How entities and requests of a run are called, in both directions.
struct RequestNames: Sendable {
    /// One per caller: a session's for those that number their requests, nil for those that name each with a key.
    var sessions: [OpenSession?]

    struct OpenSession: Hashable, Sendable {
        var client: UInt64
        var opened: Int64
    }

    func entity(_ number: Int) -> String { "c\(number)" }

    func number(ofEntity name: [UInt8]) -> Int? {
        guard name.first == UInt8(ascii: "c") else { return nil }
        return Int(String(decoding: name.dropFirst(), as: UTF8.self))
    }

    func id(caller: Int, number: UInt32) -> RequestID {
        guard let session = sessions[caller] else { return .key(Array(key(caller, number).utf8)) }
        // Every earlier request has been answered: a caller makes them one at a time.
        return .session(
            SessionRequest(
                client: session.client, opened: session.opened, number: UInt64(number),
                acknowledgedBelow: UInt64(number)))
    }

    /// As the journal's `events` view shows it.
    func text(caller: Int, number: UInt32) -> String {
        guard let session = sessions[caller] else { return key(caller, number) }
        return "\(hexadecimal(session.client))/\(number)"
    }

    private func key(_ caller: Int, _ number: UInt32) -> String { "caller-\(caller)-\(number)" }

    /// The caller and number in a key that `key` made.
    func parse(key: [UInt8]) -> (caller: Int, number: UInt32)? {
        let parts = String(decoding: key, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "caller", let caller = Int(parts[1]), let number = UInt32(parts[2]),
            sessions.indices.contains(caller), sessions[caller] == nil
        else { return nil }
        return (caller, number)
    }
}

/// Time on the run's own clock.
package struct RunClock: Sendable {
    let start = ContinuousClock.now

    package init() {}

    package var now: Int64 { nanoseconds(of: ContinuousClock.now) }
    func nanoseconds(of instant: ContinuousClock.Instant) -> Int64 { (instant - start).nanoseconds }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
