internal import Foundation

/// Says which seed it was when a trap in an entity's code, or an assertion of the core, ends the process in mid-run.
///
/// A trap cannot be caught. So the words are ready before the run; the signal's handler writes them, puts the earlier handler back and
/// returns, and the instruction traps once more, this time for whoever made a backtrace of it before.
enum SeedNotice {
    private static let signals = [SIGILL, SIGTRAP]
    private static let capacity = 512
    /// Written before each run, read by the handler of a trap in that run.
    nonisolated(unsafe) private static let words = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    nonisolated(unsafe) private static var length = 0
    nonisolated(unsafe) private static var earlier = Array(repeating: sigaction(), count: signals.count)
    /// Runs of several tests at a time share the handler; the first one's words are told.
    private static let lock = NSLock()

    static func during<Result>(_ text: String, _ body: () -> Result) -> Result {
        guard lock.try() else { return body() }
        defer { lock.unlock() }
        length = 0
        for byte in "\n\(text)\n".utf8.prefix(capacity) {
            words[length] = byte
            length += 1
        }
        for (position, number) in signals.enumerated() {
            sigaction(number, nil, &earlier[position])
            signal(number) { SeedNotice.tell($0) }
        }
        defer { putBack() }
        return body()
    }

    private static func tell(_ number: Int32) {
        _ = write(STDERR_FILENO, words, length)
        putBack()
    }

    private static func putBack() {
        for (position, number) in signals.enumerated() { sigaction(number, &earlier[position], nil) }
    }
}
