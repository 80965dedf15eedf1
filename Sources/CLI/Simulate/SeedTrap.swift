import Foundation

/// Says which seed it was when an assertion of the core ends the process in mid-run.
///
/// An assertion cannot be caught. So the words are ready before each run, and the signal's handler only writes them.
enum SeedTrap {
    /// Written by one thread before each run, read by a handler on that same thread.
    nonisolated(unsafe) private static var words = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    nonisolated(unsafe) private static var length = 0
    nonisolated(unsafe) private static var isInstalled = false
    private static let capacity = 512

    static func watch(_ seed: UInt64, command: String) {
        let text = "Error: an assertion of the core failed in seed \(seed).\n  again: \(command)\n"
        length = 0
        for byte in text.utf8.prefix(capacity) {
            words[length] = CChar(bitPattern: byte)
            length += 1
        }
        guard !isInstalled else { return }
        isInstalled = true
        for number in [SIGILL, SIGTRAP] {
            signal(number) { _ in
                _ = write(STDERR_FILENO, SeedTrap.words, SeedTrap.length)
                _exit(CommandExit.journal.rawValue)
            }
        }
    }
}
