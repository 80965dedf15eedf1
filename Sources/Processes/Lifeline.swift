internal import Foundation
internal import Synchronization

/// Ends every child, and undoes what was done to the machine, when this process ends, however it ends: also by `kill -9`.
///
/// A small shell script holds the reading end of a pipe. Its end of file is this process's death; it then kills those that are
/// still on its list. A process is taken off the list before its number can be given to another one.
package final class Lifeline: Sendable {
    package static let shared = Lifeline()

    private static let script = """
        trap '' INT TERM HUP QUIT
        pids=' '
        undo=
        while read -r verb pid; do
          case $verb in
            undo) undo="$pid; $undo" ;;
            add) pids="$pids$pid " ;;
            remove) case $pids in *" $pid "*) pids="${pids%% $pid *} ${pids#* $pid }" ;; esac ;;
          esac
        done
        for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
        eval "$undo" 2>/dev/null
        """

    private let writing = Mutex<Int32?>(nil)

    func add(_ pid: pid_t) { send("add \(pid)\n") }
    func remove(_ pid: pid_t) { send("remove \(pid)\n") }

    /// Has a shell command run when this process has ended, after its children: newest first. It must do no harm if what it undoes is
    /// undone already.
    package func undoAtEnd(_ command: String) { send("undo \(command)\n") }

    private func send(_ line: String) {
        writing.withLock { writing in
            if writing == nil { writing = Self.start() }
            guard let file = writing else { return }
            let bytes = Array(line.utf8)
            // Shorter than PIPE_BUF: written whole or not at all.
            while write(file, bytes, bytes.count) < 0, errno == EINTR {}
        }
    }

    private static func start() -> Int32? {
        // Should the script be gone, a write must be an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        guard
            (try? Spawn.start(
                ["/bin/sh", "-c", script], environment: environment, input: ends[0], output: nil, errors: nil)) != nil
        else {
            close(ends[1])
            return nil
        }
        return ends[1]
    }
}
