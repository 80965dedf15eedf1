import CLI
import Foundation
import Testing

extension EndToEnd {
    @Suite struct ChildProcesses {
        #if os(Linux)
        /// A listening socket that lives on in a child keeps its port; NIO's pass into one unless told otherwise.
        @Test func `a child has no file of this process, however many there are`() async throws {
            let errors = NSTemporaryDirectory() + "/child-\(UUID().uuidString).err"
            defer { try? FileManager.default.removeItem(atPath: errors) }
            let files = [4, 1_100].map { fcntl(STDERR_FILENO, F_DUPFD, $0) }
            defer { for file in files { close(file) } }
            // Where a process may not have so many, there are none to be missed.
            #expect(files[0] >= 0 && (files[1] >= 0 || errno == EINVAL))
            let child = try ChildProcess.start(
                ChildProcess.Launch(executable: "/bin/sh", arguments: ["-c", "echo /proc/$$/fd/*"], errorFile: errors))
            #expect(await child.waitForExit(timeout: .seconds(20)) == .code(0))
            let open = child.output.split(whereSeparator: \.isWhitespace).compactMap { Int32($0.split(separator: "/").last ?? "") }
            #expect(open.starts(with: [0, 1, 2]), "\(child.output)")
            for file in files where file >= 0 { #expect(!open.contains(file), "\(child.output)") }
        }
        #endif
    }
}
