import Synchronization

/// What a SIGHUP has read anew: nothing before there is something.
final class ReloadSwitch: Sendable {
    private let actions = Mutex<[@Sendable () -> Void]>([])

    func onPress(_ action: @escaping @Sendable () -> Void) { actions.withLock { $0.append(action) } }

    func press() {
        for action in actions.withLock({ $0 }) { action() }
    }
}
