import Foundation
import JSON
import Synchronization

/// Standard output, by whole lines. Buffered; `flush` before waiting for anything and at the end.
enum StandardOutput {
    private static let buffer = Mutex<[UInt8]>([])
    private static let bufferBytesMax = 64 << 10

    static func line(_ text: String) {
        let isFull = buffer.withLock { buffer in
            buffer.append(contentsOf: text.utf8)
            buffer.append(UInt8(ascii: "\n"))
            return buffer.count >= bufferBytesMax
        }
        if isFull { flush() }
    }

    /// One value as one line of JSON.
    static func json(_ value: some Encodable) {
        do throws(JSONError) {
            line(String(decoding: try JSON.encode(value), as: UTF8.self))
        } catch {
            // What commands print is made of numbers and text, all of which have JSON.
            preconditionFailure("\(type(of: value)) has no JSON: \(error)")
        }
    }

    /// Ends the program if nobody reads any more, as `head` does, or if the output cannot be written.
    static func flush() {
        let bytes = buffer.withLock { buffer in
            defer { buffer.removeAll(keepingCapacity: true) }
            return buffer
        }
        guard !bytes.isEmpty, !write(bytes, to: STDOUT_FILENO) else { return }
        guard errno == EPIPE else {
            StandardError.line("Error: standard output cannot be written: \(String(cString: strerror(errno)))")
            CommandExit.journal.exit()
        }
        CommandExit.done.exit()
    }
}

/// Standard error: for people. Written at once.
enum StandardError {
    static func line(_ text: String) { write(text + "\n") }

    static func write(_ text: String) { _ = CLI.write(Array(text.utf8), to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Whether all of `bytes` were written; else `errno` says why not.
private func write(_ bytes: [UInt8], to file: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes {
            Foundation.write(file, $0.baseAddress! + written, bytes.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}
