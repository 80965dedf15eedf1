/// What a run of the crash test is made of.
struct CrashTestSettings: Sendable {
    var nodes = 3
    /// How long faults go on under load.
    var duration = Duration.seconds(30)
    var faults: [Fault] = [.kill, .killall]
    /// Between faults there is so many times less undisturbed load than usual.
    var pace: Int64 = 1
    /// Decides which faults come when and to whom, and what callers do.
    var seed: UInt64
    var callers = 24
    var entities = 200
    /// Of a hundred operations, how many are linearizable reads.
    var readPercent = 20
    /// Of a hundred answered increments, how many are sent again, to see whether the answer is the same.
    var resendPercent = 2
    /// Where everything is kept; made if it is not there.
    var folder: String
    /// The program that is tested: this one.
    var executable = ownExecutable()

    /// How long a node may take from its start to `ready`, and the callers to their last answers.
    var patience = Duration.seconds(60)

    /// Nodes that may be down while the rest still serves. One node alone, or one of two, is not spared for that.
    var downMax: Int { max(1, (nodes - 1) / 2) }
}
