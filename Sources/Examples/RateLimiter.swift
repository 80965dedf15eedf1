import Holdfast

/// A token bucket: so many at once, so many a second.
///
/// A decision cannot look at a clock, as replays and replicas must come to the same state: the time is part of the command, and
/// of the event. Give the time of the servers that ask, not of their users; a clock that is behind refills nothing.
struct RateLimiter: Entity {
    static let kind = "limiter"
    static let commands: Commands<Self> = ["take": Take.self, "configure": Configure.self]
    static let queries: Queries<Self> = ["limits": Limits.self]

    var burst: Int64 = 10
    var perSecond: Int64 = 1
    /// Thousandths of a token, so that a millisecond of refill is a whole number.
    var level: Int64 = 10_000
    /// The newest time that was told, in milliseconds since 1970.
    var newest: Int64 = 0

    enum Event: Codable, Hashable, Sendable {
        case taken(tokens: Int64, at: Int64)
        case configured(burst: Int64, perSecond: Int64, at: Int64)
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .taken(let tokens, let time):
            level = level(at: time) - tokens * 1_000
            newest = max(newest, time)
        case .configured(let burst, let perSecond, let time):
            level = min(level(at: time), burst * 1_000)
            newest = max(newest, time)
            (self.burst, self.perSecond) = (burst, perSecond)
        }
    }

    /// What is in the bucket at a time.
    func level(at time: Int64) -> Int64 {
        guard time > newest else { return level }
        let missing = burst * 1_000 - level
        let (elapsed, isFar) = time.subtractingReportingOverflow(newest)
        // Rounded up: after so many milliseconds it is full.
        guard !isFar, elapsed < (missing + perSecond - 1) / perSecond else { return burst * 1_000 }
        return level + elapsed * perSecond
    }
}

extension RateLimiter {
    /// Replies with the whole tokens that are left. A refusal changes nothing and is not kept.
    struct Take: Command {
        var tokens: Int64
        /// Milliseconds since 1970, by the clock of whoever asks.
        var now: Int64

        func decide(_ limiter: RateLimiter) throws(Denial) -> Decision<Event, Int64> {
            guard (1...limiter.burst).contains(tokens) else { throw .never(burst: limiter.burst) }
            let level = limiter.level(at: now)
            let lacking = tokens * 1_000 - level
            guard lacking <= 0 else {
                throw .limited(retryAfterMilliseconds: (lacking + limiter.perSecond - 1) / limiter.perSecond)
            }
            return Decision(.taken(tokens: tokens, at: now), reply: (level - tokens * 1_000) / 1_000)
        }
    }

    /// Sets the limits. What is in the bucket stays, as far as it fits.
    struct Configure: Command {
        var burst: Int64
        var perSecond: Int64
        var now: Int64

        func decide(_ limiter: RateLimiter) throws(Denial) -> Decision<Event, Done> {
            guard (1...1_000_000).contains(burst), (1...1_000_000).contains(perSecond) else { throw .malformed }
            return Decision(.configured(burst: burst, perSecond: perSecond, at: now))
        }
    }

    struct Limits: Query {
        struct Reply: Codable, Hashable, Sendable {
            var burst: Int64
            var perSecond: Int64
        }

        func answer(_ limiter: RateLimiter) -> Reply { Reply(burst: limiter.burst, perSecond: limiter.perSecond) }
    }

    enum Denial: Error, Codable, Hashable, CustomStringConvertible {
        case limited(retryAfterMilliseconds: Int64)
        case never(burst: Int64)
        case malformed

        var description: String {
            switch self {
            case .limited(let milliseconds): "too many; try again in \(milliseconds) ms"
            case .never(let burst): "from 1 to \(burst) can be taken at once"
            case .malformed: "limits are from 1 to 1000000"
            }
        }
    }
}
