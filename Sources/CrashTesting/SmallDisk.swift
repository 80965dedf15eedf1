import Foundation
import Processes

/// A folder on a small file system of its own, which can be filled to the last byte.
///
/// Making one takes root on Linux. It goes with this process, however that ends.
struct SmallDisk: Sendable {
    let folder: String
    private var ballast: String { folder + "/ballast" }

    /// Bytes of the whole file system: a node takes no commands with less than 64 MiB free.
    static let bytes = 512 << 20

    /// Makes a file system of memory at `folder`. Nil if this user, or this machine, cannot.
    static func mount(at folder: String) async -> SmallDisk? {
        #if os(Linux)
            guard geteuid() == 0 else { return nil }
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                Lifeline.shared.undoAtEnd("umount -l '\(folder)'")
                guard try await Tool.run("mount", ["-t", "tmpfs", "-o", "size=\(bytes),mode=700", "tmpfs", folder]) == .code(0)
                else { return nil }
                return SmallDisk(folder: folder)
            } catch {
                return nil
            }
        #else
            return nil
        #endif
    }

    func unmount() async { _ = try? await Tool.run("umount", ["-l", folder]) }

    /// Writes until there is no room for another byte.
    func fill() {
        let file = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        var size = bytes.count
        while size > 0 {
            if write(file, bytes, size) <= 0 { size /= 2 }
        }
    }

    func free() { unlink(ballast) }
}

/// Another program, run to its end.
enum Tool {
    static func run(_ name: String, _ arguments: [String], timeout: Duration = .seconds(10)) async throws(ChildError) -> ExitStatus? {
        let paths = ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"]
        guard let folder = paths.first(where: { access($0 + name, X_OK) == 0 }) else { throw ChildError("\(name) is not installed") }
        let process = try ChildProcess.start(
            ChildProcess.Launch(executable: folder + name, arguments: arguments, errorFile: "/dev/null"))
        return await process.waitForExit(timeout: timeout)
    }
}
