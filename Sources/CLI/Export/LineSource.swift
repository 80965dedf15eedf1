import Foundation
import Primitives

/// Reads lines from a file or standard input, one at a time, and keeps the digest of those before.
struct LineSource {
    private var file: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// Of the line that was read last; 1 for the first.
    private(set) var number = 0
    /// XXH64 over all lines before that one.
    private(set) var digestBefore: UInt64 = 0
    private var digest: UInt64 = 0
    private(set) var bytesRead: Int64 = 0

    /// A line may hold a checkpoint, but no program's whole memory.
    private static let lineBytesMax = 1 << 30
    private static let chunkBytes = 1 << 20

    init(path: String?) throws(CommandFailure) {
        name = path ?? "standard input"
        file = STDIN_FILENO
        guard let path else { return }
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure.noSuchThing("\(path) cannot be read: \(errorText())") }
    }

    func end() { if file != STDIN_FILENO { close(file) } }

    /// Nil at the end. A last line without its end is one as well.
    mutating func next() throws(CommandFailure) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[start..<end])
                start = end + 1
                take(line, isWhole: true)
                return line
            }
            guard !isAtEnd, buffer.count - start <= Self.lineBytesMax else {
                guard start < buffer.count else { return nil }
                let line = Array(buffer[start...])
                start = buffer.count
                take(line, isWhole: false)
                return line
            }
            buffer.removeSubrange(..<start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private mutating func take(_ line: [UInt8], isWhole: Bool) {
        number += 1
        digestBefore = digest
        digest = Checksum.xxh64(isWhole ? line + [UInt8(ascii: "\n")] : line, seed: digest)
        bytesRead += Int64(line.count) + 1
    }

    private mutating func fill() throws(CommandFailure) {
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        var count = 0
        repeat { count = read(file, &chunk, chunk.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw CommandFailure(.journal, "failed", "\(name) cannot be read: \(errorText())") }
        if count == 0 { isAtEnd = true }
        buffer += chunk[..<count]
    }
}
