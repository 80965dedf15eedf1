import Synchronization

/// Reads a journal on a thread of its own, through a connection of its own, beside whoever started it.
final class ReadingThread<Value: Sendable>: Sendable {
    private let thread: WorkThread
    private let result: Outcome

    /// Filled before the thread ends.
    private final class Outcome: Sendable {
        let value = Mutex<Result<Value, JournalError>?>(nil)
    }

    init(
        _ name: String, _ path: String, _ options: JournalOptions,
        _ body: @escaping @Sendable (JournalReader) throws(JournalError) -> Value
    ) {
        let result = Outcome()
        self.result = result
        thread = WorkThread(name: name)
        thread.submit {
            let value = Result<Value, JournalError> { () throws(JournalError) in
                let reader = try JournalReader(path: path, index: nil, options: options)
                defer { reader.close() }
                return try body(reader)
            }
            result.value.withLock { $0 = value }
        }
    }

    func wait() { thread.stop() }

    /// Waits for what `body` gave.
    func value() throws(JournalError) -> Value {
        wait()
        // `wait` returns when the job is done, and the job ends with this.
        return try result.value.withLock { $0! }.get()
    }
}
