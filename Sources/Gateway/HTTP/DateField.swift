internal import Foundation
internal import Synchronization

/// The Date field of every answer, made once a second.
final class DateField: Sendable {
    private let current = Mutex(DateField.now)

    var text: String { current.withLock { $0 } }

    func tick() {
        let now = Self.now
        current.withLock { $0 = now }
    }

    private static var now: String { Timestamp.http(seconds: Int64(Date().timeIntervalSince1970)) }
}
