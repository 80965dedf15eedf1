import HoldfastTesting
import Testing

@testable import Examples

@Suite struct RateLimiterTests {
    let limiter = EntityTester<RateLimiter>()
    let start: Int64 = 1_767_225_600_000

    @Test func `a burst is let through, and then what is refilled`() throws {
        #expect(try limiter.send(RateLimiter.Take(tokens: 10, now: start)) == 0)
        #expect(throws: RateLimiter.Denial.limited(retryAfterMilliseconds: 1_000)) {
            try limiter.send(RateLimiter.Take(tokens: 1, now: start))
        }
        #expect(throws: RateLimiter.Denial.limited(retryAfterMilliseconds: 1)) {
            try limiter.send(RateLimiter.Take(tokens: 1, now: start + 999))
        }
        #expect(try limiter.send(RateLimiter.Take(tokens: 1, now: start + 1_000)) == 0)
        #expect(try limiter.send(RateLimiter.Take(tokens: 1, now: start + 3_500)) == 1)
    }

    @Test func `a bucket is never more than full`() throws {
        try limiter.send(RateLimiter.Take(tokens: 10, now: start))
        #expect(try limiter.send(RateLimiter.Take(tokens: 1, now: .max)) == 9)
        #expect(try limiter.send(RateLimiter.Take(tokens: 1, now: .max)) == 8)
    }

    @Test func `a clock that is behind refills nothing, and takes nothing back`() throws {
        try limiter.send(RateLimiter.Take(tokens: 10, now: start))
        #expect(throws: RateLimiter.Denial.limited(retryAfterMilliseconds: 1_000)) {
            try limiter.send(RateLimiter.Take(tokens: 1, now: start - 60_000))
        }
        #expect(try limiter.send(RateLimiter.Take(tokens: 2, now: start + 2_000)) == 0)
        #expect(throws: RateLimiter.Denial.limited(retryAfterMilliseconds: 1_000)) {
            try limiter.send(RateLimiter.Take(tokens: 1, now: .min))
        }
    }

    @Test func `limits can be set, and keep what is in the bucket`() throws {
        try limiter.send(RateLimiter.Take(tokens: 4, now: start))
        try limiter.send(RateLimiter.Configure(burst: 5, perSecond: 1_000, now: start))
        #expect(try limiter.ask(RateLimiter.Limits()) == RateLimiter.Limits.Reply(burst: 5, perSecond: 1_000))
        #expect(try limiter.send(RateLimiter.Take(tokens: 5, now: start)) == 0)
        #expect(try limiter.send(RateLimiter.Take(tokens: 3, now: start + 3)) == 0)
        #expect(throws: RateLimiter.Denial.never(burst: 5)) { try limiter.send(RateLimiter.Take(tokens: 6, now: start)) }
        #expect(throws: RateLimiter.Denial.never(burst: 5)) { try limiter.send(RateLimiter.Take(tokens: 0, now: start)) }
        #expect(throws: RateLimiter.Denial.malformed) { try limiter.send(RateLimiter.Configure(burst: 0, perSecond: 1, now: start)) }
        #expect(throws: RateLimiter.Denial.malformed) {
            try limiter.send(RateLimiter.Configure(burst: .max, perSecond: 1, now: start))
        }
    }
}
