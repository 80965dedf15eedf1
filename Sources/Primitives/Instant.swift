/// A point on a node's own monotonic clock, in nanoseconds from an arbitrary start.
///
/// Instants of different nodes, or of one node before and after a restart, cannot be compared.
/// The core never reads a clock: instants come in as parameters.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)
    public static let distantFuture = Instant(nanoseconds: .max)

    /// Saturates at `distantFuture`.
    public static func + (left: Instant, right: Span) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }
    public static func - (left: Instant, right: Instant) -> Span {
        Span(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// A length of time in whole nanoseconds: `Duration` without its 128-bit arithmetic, for the core's hot paths.
public struct Span: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func milliseconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000) }
    public static func seconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000_000) }
    public static let zero = Span(nanoseconds: 0)

    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
    public static func * (left: Span, right: Int64) -> Span { Span(nanoseconds: left.nanoseconds * right) }
    public static func / (left: Span, right: Int64) -> Span { Span(nanoseconds: left.nanoseconds / right) }
    public static func + (left: Span, right: Span) -> Span { Span(nanoseconds: left.nanoseconds + right.nanoseconds) }
    public static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }
    public var description: String { "\(Double(nanoseconds) / 1e6) ms" }
}

/// The wall clock's time in milliseconds since 1970-01-01T00:00:00Z. Data, never a ground for a decision.
public struct WallTime: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    public static let zero = WallTime(milliseconds: 0)
    public static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }
}
