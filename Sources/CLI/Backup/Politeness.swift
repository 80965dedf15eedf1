import Foundation

/// Lets everybody else on the machine go first, the node whose journal is read before all.
enum Politeness {
    /// From now on this process gives way to the others, and yet goes on when they want all there is: a tenth of what they get.
    ///
    /// On Linux a priority is a thread's own. What takes only what is left over (SCHED_IDLE) disturbs nobody, but does not end on a machine
    /// that is always busy. Not for work that holds something of a node's.
    static func giveWay() {
        #if os(Linux)
            // Threads that these start are as polite.
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            for thread in threads.compactMap(id_t.init) { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, niceness) }
        #else
            setpriority(PRIO_PROCESS, 0, niceness)
        #endif
    }

    private static let niceness: Int32 = 10
}
