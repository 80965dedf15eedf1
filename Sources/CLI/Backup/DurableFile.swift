import Foundation

/// Files that are on the disk when the call returns.
enum DurableFile {
    /// - Throws: 74, with the reason: a full disk, most of all.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress! + written, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failed(path) }
            written += count
        }
        guard fsync(file) == 0 else { throw failed(path) }
    }

    static func rename(_ from: String, to path: String) throws(CommandFailure) {
        guard Foundation.rename(from, path) == 0 else { throw failed(path) }
        try flushFolder(parent(of: path))
    }

    static func flushFolder(_ path: String) throws(CommandFailure) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failed(path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failed(path) }
    }

    static func parent(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    static func failed(_ path: String) -> CommandFailure {
        CommandFailure(.journal, errno == ENOSPC ? "full" : "cannotWrite", "\(path) cannot be written: \(errorText()). Nothing was made.")
    }
}
