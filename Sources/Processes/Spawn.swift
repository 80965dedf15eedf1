internal import Foundation

/// `posix_spawn` with clean signals, a process group of its own and no files but standard input, output and error.
enum Spawn {
    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    static func start(_ launch: ChildProcess.Launch, output: Int32) throws(ChildError) -> pid_t {
        let errors = open(launch.errorFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard errors >= 0 else { throw ChildError("\(launch.errorFile) cannot be written: \(errorText())") }
        defer { close(errors) }
        var environment = ProcessInfo.processInfo.environment
        for (name, value) in launch.environment { environment[name] = value }
        return try start(
            [launch.executable] + launch.arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(), input: nil, output: output,
            errors: errors)
    }

    /// `nil` stands for `/dev/null`. The program is looked for in `PATH` if it has no slash.
    static func start(
        _ arguments: [String], environment: [String], input: Int32?, output: Int32?, errors: Int32?
    ) throws(ChildError) -> pid_t {
        closeOthersAtExec()
        #if canImport(Darwin)
            var actions: Actions = nil
            var attributes: Attributes = nil
        #else
            var actions = Actions()
            var attributes = Attributes()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, (file, mode)) in [(input, O_RDONLY), (output, O_WRONLY), (errors, O_WRONLY)].enumerated() {
            if let file {
                posix_spawn_file_actions_adddup2(&actions, file, Int32(number))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", mode, 0)
            }
        }
        // What this process ignores or blocks (SIGPIPE, signals that a service group waits for) is not the child's affair.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let argumentPointers = arguments.map { strdup($0) } + [nil]
        let environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, arguments[0], &actions, &attributes, argumentPointers, environmentPointers)
        guard result == 0 else { throw ChildError("\(arguments[0]) cannot be started: \(errorText(result))") }
        return pid
    }

    /// A child that holds a copy of a socket or pipe keeps it open after it is closed here.
    private static func closeOthersAtExec() {
        #if os(Linux)
            let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }) ?? []
        #else
            let open = Array(3..<Int32(1_024))
        #endif
        for file in open where file > 2 && fcntl(file, F_GETFD) >= 0 { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    }
}
