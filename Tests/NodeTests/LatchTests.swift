import Testing

@testable import Node

@Suite struct LatchTests {
    @Test func `who waits hears the first word, before and after it`() async throws {
        let latch = Latch()
        async let early: Void = latch.wait()
        latch.open()
        latch.open(.failure(NodeError(.fault, "too late")))
        try await early
        try await latch.wait()
    }

    @Test func `a task that is cancelled waits no longer, and the others go on`() async throws {
        let latch = Latch()
        let other = Task { try await latch.wait() }
        for isEarly in [true, false] {
            let task = Task { try await latch.wait() }
            if !isEarly { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        latch.open()
        try await other.value
    }
}
