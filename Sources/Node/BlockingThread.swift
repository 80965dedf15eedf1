internal import Foundation

/// A thread for one piece of blocking work: SQLite never runs on the cooperative pool or on an event loop.
enum BlockingThread {
    static func run(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }
}
