#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A thread of its own for blocking work: the disk's calls may take as long as they like and hold up nobody else.
///
/// Jobs run one at a time in the order in which they came. When there are none, `idle` runs, and says after how many milliseconds it
/// wants to run again (nil: not before the next job).
///
/// `@unchecked Sendable`: `jobs` and `isStopping` are touched only under `mutex`; the rest is set before the thread starts.
final class WorkThread: @unchecked Sendable {
    typealias Job = @Sendable () -> Void
    typealias Idle = @Sendable () -> Int64?

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrival = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let departure = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var isStopping = false
    private var thread: pthread_t?
    private let name: String
    private let idle: Idle

    init(name: String, idle: @escaping Idle = { nil }) {
        self.name = name
        self.idle = idle
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        #if !canImport(Darwin)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        #endif
        pthread_cond_init(arrival, &attributes)
        pthread_cond_init(departure, &attributes)
        pthread_condattr_destroy(&attributes)
        start()
    }

    deinit {
        pthread_cond_destroy(arrival)
        pthread_cond_destroy(departure)
        pthread_mutex_destroy(mutex)
        arrival.deallocate()
        departure.deallocate()
        mutex.deallocate()
    }

    /// False if the thread is stopping: then the job does not run.
    @discardableResult
    func submit(_ job: @escaping Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isStopping else { return false }
        jobs.append(job)
        pthread_cond_signal(arrival)
        return true
    }

    /// Waits while `limit` jobs are waiting, so that the queue stays short when they come faster than they are done. Not from the thread itself.
    func submit(waitingBehind limit: Int, _ job: @escaping Job) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.count >= limit, !isStopping { pthread_cond_wait(departure, mutex) }
        jobs.append(job)
        pthread_cond_signal(arrival)
    }

    /// Runs what has been submitted, then ends the thread. Blocks until it has ended; not from the thread itself.
    func stop() {
        pthread_mutex_lock(mutex)
        let thread = self.thread
        self.thread = nil
        isStopping = true
        pthread_cond_signal(arrival)
        pthread_mutex_unlock(mutex)
        if let thread { pthread_join(thread, nil) }
    }

    private func start() {
        // The thread holds on to this object until it ends.
        let context = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var created: pthread_t?
            let result = pthread_create(&created, nil, { WorkThread.main($0) }, context)
        #else
            var created = pthread_t()
            let result = pthread_create(&created, nil, { WorkThread.main($0!) }, context)
        #endif
        precondition(result == 0, "no thread for \(name): \(String(cString: strerror(result)))")
        thread = created
    }

    private static func main(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let this = Unmanaged<WorkThread>.fromOpaque(context).takeRetainedValue()
        this.showName()
        this.run()
        return nil
    }

    /// For debuggers and `top`; nothing depends on it.
    private func showName() {
        #if canImport(Darwin)
            pthread_setname_np(name)
        #else
            // pthread_setname_np is an extension that the module maps of Linux leave out.
            let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            _ = write(descriptor, name, name.utf8.count)
            close(descriptor)
        #endif
    }

    private func run() {
        var batch: [Job] = []
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty, !isStopping {
                pthread_mutex_unlock(mutex)
                let delay = idle()
                pthread_mutex_lock(mutex)
                if jobs.isEmpty, !isStopping { wait(milliseconds: delay) }
            }
            let isLast = isStopping && jobs.isEmpty
            swap(&batch, &jobs)
            pthread_cond_broadcast(departure)
            pthread_mutex_unlock(mutex)
            if isLast { return }
            for job in batch { job() }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// Waits for a signal, at most so long. Under `mutex`; may return early.
    private func wait(milliseconds: Int64?) {
        guard let milliseconds else {
            pthread_cond_wait(arrival, mutex)
            return
        }
        #if canImport(Darwin)
            var span = timespec(tv_sec: Int(milliseconds / 1_000), tv_nsec: Int(milliseconds % 1_000) * 1_000_000)
            pthread_cond_timedwait_relative_np(arrival, mutex, &span)
        #else
            var end = timespec()
            clock_gettime(CLOCK_MONOTONIC, &end)
            let nanoseconds = Int64(end.tv_nsec) + milliseconds % 1_000 * 1_000_000
            end.tv_sec += Int(milliseconds / 1_000 + nanoseconds / 1_000_000_000)
            end.tv_nsec = Int(nanoseconds % 1_000_000_000)
            pthread_cond_timedwait(arrival, mutex, &end)
        #endif
    }
}
