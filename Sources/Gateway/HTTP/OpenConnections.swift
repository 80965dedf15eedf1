internal import NIOCore
internal import Synchronization

/// The connections that are there. The gateway ends after the last of them and of what works for it, as both need its threads.
///
/// The server's own account is no help: it forgets those that came just before it was told to shut down.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.channels.count } }

    /// False if the gateway has ended.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            if !state.isOver { state.channels[ObjectIdentifier(channel)] = channel }
            return !state.isOver
        }
    }

    /// The connection is closed, and nothing works for it any more.
    func remove(_ channel: ObjectIdentifier) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.channels[channel] = nil
            guard state.channels.isEmpty, let waiter = state.waiter else { return nil }
            (state.waiter, state.isOver) = (nil, true)
            return waiter
        }
        waiter?.resume()
    }

    /// Closes them all, whatever is under way.
    func close() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    /// Waits for the last one. Once; from then on there are no new ones.
    func waitForLast() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.isOver = state.channels.isEmpty
                if !state.isOver { state.waiter = continuation }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }
}
