public import Primitives

/// How long to wait before the next attempt: doubling, with jitter, so that many who lost one peer do not come back at one moment.
public struct Backoff: Sendable, Hashable {
    public struct Limits: Sendable, Hashable {
        public var first: Span
        public var longest: Span

        /// Trap: a pause must be positive, and the longest not shorter than the first.
        public init(first: Span, longest: Span) {
            precondition(first > .zero && longest >= first, "back-off from \(first) to \(longest)")
            self.first = first
            self.longest = longest
        }
    }

    private let limits: Limits
    private var pause: Span

    public init(_ limits: Limits) {
        self.limits = limits
        pause = limits.first
    }

    /// The next pause: evenly drawn from the upper half of a span that doubles from call to call, up to the longest.
    public mutating func next(using generator: inout RandomGenerator) -> Span {
        let longest = pause
        pause = pause < limits.longest / 2 ? pause * 2 : limits.longest
        return generator.span(in: longest / 2..<longest) + Span(nanoseconds: 1)
    }

    /// After success: the next failure starts from the first pause again.
    public mutating func reset() { pause = limits.first }
}
