import Synchronization

/// Set once, by the first signal; runs what waits for that.
final class StopSwitch: Sendable {
    private struct State {
        var isPressed = false
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// False if it was pressed before.
    func press() -> Bool {
        let actions: [@Sendable () -> Void]? = state.withLock { state in
            guard !state.isPressed else { return nil }
            state.isPressed = true
            defer { state.actions = [] }
            return state.actions
        }
        guard let actions else { return false }
        for action in actions { action() }
        return true
    }

    /// Runs `action` when the switch is pressed; at once if it has been.
    func onPress(_ action: @escaping @Sendable () -> Void) {
        let isPressed = state.withLock { state in
            if !state.isPressed { state.actions.append(action) }
            return state.isPressed
        }
        if isPressed { action() }
    }

    var isPressed: Bool { state.withLock { $0.isPressed } }
}
