import Foundation

/// Lets everybody else on the machine go first, the node whose journal is read before all.
enum Politeness {
    /// From now on this process computes when nobody else wants to.
    ///
    /// On Linux its threads take what is left over (SCHED_IDLE): a thread of the lowest ordinary priority would still keep one that wakes up
    /// waiting for a millisecond, which is as long as a commit takes. Not for work that holds something of a node's.
    static func giveWay() {
        #if os(Linux)
            // Threads that these start are as polite.
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            for thread in threads.compactMap(pid_t.init) {
                var parameters = sched_param()
                sched_setscheduler(thread, idle, &parameters)
            }
        #else
            setpriority(PRIO_PROCESS, 0, 20)
        #endif
    }

    #if os(Linux)
        /// SCHED_IDLE, which Swift's module of the C library leaves out; see sched(7).
        private static let idle: Int32 = 5
    #endif
}
