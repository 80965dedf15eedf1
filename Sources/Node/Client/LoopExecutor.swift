package import NIOCore
internal import Synchronization

/// Runs tasks on an event loop, so that they reach what lives there without a hop between threads.
///
/// Jobs that are ready together share one turn of the loop.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop
    private let ready = Mutex<[UnownedJob]>([])

    package init(_ loop: any EventLoop) { self.loop = loop }

    /// Begins async work from an event; whoever begins it sees to its end.
    package func run(_ work: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self) { await work() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = ready.withLock { ready in
            ready.append(job)
            return ready.count == 1
        }
        if isFirst { loop.execute { self.runReady() } }
    }

    /// Runs what is ready, now instead of at the end of the loop's turn. On the loop, from outside any task.
    package func runReady() {
        let jobs = ready.withLock { ready in
            defer { ready = [] }
            return ready
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
