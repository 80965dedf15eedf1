import Foundation

/// Files that not everybody may read, written as a whole or not at all.
enum SecretFile {
    /// Writes beside the file and renames, so that nobody ever reads half of it, or reads it before its mode is set.
    static func write(_ text: String, to path: String, mode: mode_t) throws(CommandFailure) {
        let draft = "\(path).\(getpid()).new"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(path) }
        let bytes = Array(text.utf8)
        // The mode again: the process's mask may have taken some of it away, never added to it.
        let isWritten = fchmod(file, mode) == 0 && Foundation.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let reason = isWritten ? nil : failure(path)
        close(file)
        if let reason {
            unlink(draft)
            throw reason
        }
        guard rename(draft, path) == 0 else {
            let reason = failure(path)
            unlink(draft)
            throw reason
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.journal, "disk", "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
