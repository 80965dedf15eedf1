package import NIOCore
internal import Synchronization

/// Runs tasks on an event loop, so that they reach what lives there without a hop between threads.
///
/// Jobs that are ready together share one turn of the loop.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop
    private let ready = Mutex<[UnownedJob]>([])

    package init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = ready.withLock { ready in
            ready.append(job)
            return ready.count == 1
        }
        if isFirst { loop.execute { self.run() } }
    }

    private func run() {
        let jobs = ready.withLock { ready in
            defer { ready = [] }
            return ready
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
