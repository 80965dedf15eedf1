internal import Synchronization

/// Something that happens once, or fails once; any number may wait for it, from anywhere.
final class Latch: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private enum State {
        case waiting([UInt64: Waiter], next: UInt64)
        case done(Result<Void, any Error>)
    }

    private let state = Mutex(State.waiting([:], next: 1))

    /// The first word counts; later ones are ignored.
    func open(_ result: Result<Void, any Error> = .success(())) {
        let waiters = state.withLock { state -> [UInt64: Waiter] in
            guard case .waiting(let waiters, _) = state else { return [:] }
            state = .done(result)
            return waiters
        }
        for key in waiters.keys.sorted() { waiters[key]?.resume(with: result) }
    }

    /// - Throws: what it failed with; `CancellationError` if the task is cancelled first, as nobody may ever open it.
    func wait() async throws {
        let key = state.withLock { state -> UInt64 in
            guard case .waiting(let waiters, let next) = state else { return 0 }
            state = .waiting(waiters, next: next + 1)
            return next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    switch state {
                    case .done(let result): return result
                    case .waiting where Task.isCancelled: return .failure(CancellationError())
                    case .waiting(var waiters, let next):
                        waiters[key] = continuation
                        state = .waiting(waiters, next: next)
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            giveUp(key)
        }
    }

    /// Before the waiter is there, the cancellation is seen by the waiter itself: it looks under the same lock.
    private func giveUp(_ key: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard case .waiting(var waiters, let next) = state else { return nil }
            defer { state = .waiting(waiters, next: next) }
            return waiters.removeValue(forKey: key)
        }
        waiter?.resume(throwing: CancellationError())
    }
}
