internal import Foundation

/// For work that takes long: in the threads that all tasks share, it would hold up other tests.
enum OwnThread {
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
            thread.name = "holdfast-simulation"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}
