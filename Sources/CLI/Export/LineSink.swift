import Foundation
import JSON
import Primitives

/// Where an export goes: standard output, or a file that gets its name when it is whole and flushed.
final class LineSink {
    private let path: String?
    private let draft: String
    private var file: Int32
    private var buffer: [UInt8] = []
    private(set) var lines = 0
    private var digest: UInt64 = 0

    private static let bufferBytes = 256 << 10

    /// - Throws: 74 if there is such a file already, or it cannot be made.
    init(path: String?) throws(CommandFailure) {
        self.path = path
        draft = (path ?? "") + ".new-\(getpid())"
        guard let path else {
            file = STDOUT_FILENO
            return
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.journal, "cannotWrite", "there is a file \(path) already, and an export replaces none. Name another one.")
        }
        file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw DurableFile.failed(path) }
    }

    func write(_ value: some Encodable) throws {
        let line = try JSON.encode(value) + [UInt8(ascii: "\n")]
        digest = Checksum.xxh64(line, seed: digest)
        buffer += line
        lines += 1
        if buffer.count >= Self.bufferBytes { try drain() }
    }

    /// Writes the last line; on return the file is on the disk under its name.
    func finish() throws {
        try write(ExportLine.End(lines: lines, digest: BackupManifest.text(of: digest)))
        try drain()
        guard let path else { return }
        guard fsync(file) == 0 else { throw DurableFile.failed(path) }
        close(file)
        file = -1
        try DurableFile.rename(draft, to: path)
    }

    func discard() {
        guard path != nil else { return }
        if file >= 0 { close(file) }
        unlink(draft)
    }

    private func drain() throws(CommandFailure) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { Foundation.write(file, $0.baseAddress! + written, buffer.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                // Nobody reads any more, as with `head`.
                if path == nil, errno == EPIPE { CommandExit.done.exit() }
                throw DurableFile.failed(path ?? "standard output")
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
