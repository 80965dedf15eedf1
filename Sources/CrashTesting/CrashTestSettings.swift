internal import Processes

/// What a run of the crash test is made of.
package struct CrashTestSettings: Sendable {
    package var nodes = 3
    /// How long faults go on under load.
    package var duration = Duration.seconds(30)
    package var faults: [Fault] = [.kill, .killall]
    /// Between faults there is so many times less undisturbed load than usual.
    package var pace: Int64 = 1
    /// Decides which faults come when and to whom, and what callers do.
    package var seed: UInt64
    package var callers = 24
    package var entities = 200
    /// Of a hundred operations, how many are linearizable reads.
    package var readPercent = 20
    /// Of a hundred answered increments, how many are sent again, to see whether the answer is the same.
    package var resendPercent = 2
    /// Where everything is kept; made if it is not there.
    package var folder: String
    /// The program that is tested: this one.
    package var executable = ownExecutable()

    /// How long a node may take from its start to `ready`, and the callers to their last answers.
    package var patience = Duration.seconds(60)

    package init(seed: UInt64, folder: String) {
        self.seed = seed
        self.folder = folder
    }

    /// Nodes that may be down while the rest still serves. One node alone, or one of two, is not spared for that.
    package var downMax: Int { max(1, (nodes - 1) / 2) }
}
