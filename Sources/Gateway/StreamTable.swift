internal import Synchronization

/// The event streams under way: wakes them, counts them, ends them.
final class StreamTable: Sendable {
    enum Wake: Sendable {
        /// Something happened to the entity.
        case changed
        /// Another second has passed.
        case second
    }

    private struct State {
        var streams: [UInt64: AsyncStream<Wake>.Continuation] = [:]
        var next: UInt64 = 1
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.streams.count } }

    /// Nil if there are as many as may be, or no more are to begin.
    func open() -> (key: UInt64, wakes: AsyncStream<Wake>)? {
        // The newest wake stands for those before it: each has the stream look for everything.
        let (wakes, continuation) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(1))
        let key: UInt64? = state.withLock { state in
            guard !state.hasEnded, state.streams.count < limit else { return nil }
            state.next += 1
            state.streams[state.next] = continuation
            return state.next
        }
        return key.map { ($0, wakes) }
    }

    func wake(_ key: UInt64, _ wake: Wake) {
        let continuation = state.withLock { $0.streams[key] }
        continuation?.yield(wake)
    }

    /// Ends one stream: its client is gone, or it is done.
    func close(_ key: UInt64) {
        let continuation = state.withLock { $0.streams.removeValue(forKey: key) }
        continuation?.finish()
    }

    func tick() {
        for continuation in state.withLock({ Array($0.streams.values) }) { continuation.yield(.second) }
    }

    /// Ends them all, for good.
    func end() {
        let all = state.withLock { state in
            state.hasEnded = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for continuation in all { continuation.finish() }
    }
}
