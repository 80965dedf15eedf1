internal import CRehearsal
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Work done in a copy of this process, because it may end the process that does it.
///
/// The copy is made at once and holds what this thread sees now. It has no other thread: what another one had locked at that moment stays
/// locked in it, so a copy that says nothing for a while may be stuck through no fault of the work.
enum Rehearsal {
    enum Outcome: Sendable {
        /// So many of the pieces were done; if not all, the next one ended the copy.
        case ended(done: Int)
        /// So many were done, and then nothing happened until the time was over.
        case silent(done: Int)
        /// There is no copy: the system said no.
        case impossible(errno: Int32)
    }

    /// One piece of work takes microseconds.
    private static let silenceMilliseconds: Int32 = 2_000

    private final class Body {
        let run: (Int) -> Void
        init(_ run: @escaping (Int) -> Void) { self.run = run }
    }

    /// - Parameters:
    ///   - body: is called with 0, 1, … `count - 1`, in the copy only.
    ///   - completion: on another thread.
    static func run(_ count: Int, _ body: @escaping (Int) -> Void, completion: @escaping @Sendable (Outcome) -> Void) {
        let box = Body(body)
        var child: pid_t = 0
        let pipe = holdfast_rehearse(
            Int32(count), { context, number in Unmanaged<Body>.fromOpaque(context!).takeUnretainedValue().run(Int(number)) },
            Unmanaged.passUnretained(box).toOpaque(), &child)
        guard pipe >= 0 else { return completion(.impossible(errno: errno)) }
        withExtendedLifetime(box) {}
        let copy = child
        BlockingThread.run("rehearsal") {
            let (done, isSilent) = follow(pipe)
            if isSilent { kill(copy, SIGKILL) }
            var status: Int32 = 0
            while waitpid(copy, &status, 0) < 0, errno == EINTR {}
            close(pipe)
            completion(isSilent ? .silent(done: done) : .ended(done: done))
        }
    }

    /// Bytes that come through the pipe until its end, and whether it fell silent before.
    private static func follow(_ pipe: Int32) -> (done: Int, isSilent: Bool) {
        var done = 0
        var bytes = [UInt8](repeating: 0, count: 256)
        while true {
            var wanted = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wanted, 1, silenceMilliseconds)
            if ready == 0 { return (done, true) }
            if ready < 0, errno == EINTR { continue }
            let found = read(pipe, &bytes, bytes.count)
            if found < 0, errno == EINTR { continue }
            guard found > 0 else { return (done, false) }
            done += found
        }
    }
}
