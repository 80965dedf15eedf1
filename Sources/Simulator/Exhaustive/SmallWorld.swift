internal import Consensus
internal import Primitives

/// Three nodes of one group, their disks, and what is on its way between them: one state of the exhaustive check.
///
/// Every node has a clock of its own, which moves only when the node's own timer goes off: so timers go off in every order.
struct SmallWorld {
    struct Node {
        var raft: RaftGroup
        var clock = Instant.zero
        // The disk.
        var term = Term.zero
        var vote: NodeID?
        var entries: [Entry] = []
    }

    struct Letter: Hashable {
        var from: Int
        var to: Int
        var message: Message
    }

    static let size = 3
    static let group = GroupID(1)

    var nodes: [Node]
    /// On its way, in no order; none twice.
    var letters: [Letter] = []
    /// The node that is cut off.
    var cutOff: Int?
    var commandsLeft: Int
    var crashesLeft: Int
    var cutsLeft: Int
    var timeoutsLeft: Int
    /// What has been committed, by anyone: checksums in order.
    var committed: [UInt64] = []
    /// Who has led, by term.
    var leaders: [(term: Term, node: Int)] = []
    /// The first rule found broken.
    var problem: String?

    init(_ bounds: ExhaustiveBounds) {
        commandsLeft = bounds.commands
        crashesLeft = bounds.crashes
        cutsLeft = bounds.cuts
        timeoutsLeft = bounds.timeouts
        nodes = (0..<Self.size).map { Node(raft: Self.start($0, .newborn(Self.configuration), bounds.settings)) }
    }

    private static let configuration = Configuration(voters: (1...size).map { NodeID(UInt32($0)) })

    private static func start(_ number: Int, _ restored: RestoredLog, _ settings: RaftSettings) -> RaftGroup {
        RaftGroup(
            group: group, node: NodeID(UInt32(number + 1)), restored: restored, settings: settings, seed: UInt64(number + 1),
            now: .zero)
    }

    // MARK: Steps

    enum Step: Hashable {
        case deliver(Letter)
        /// A node's timer goes off.
        case timeout(Int)
        case command(Int)
        /// The process dies and starts again; what its last step wanted on disk is lost or not, by the step before.
        case crash(Int)
        case cut(Int)
        case heal
    }

    /// Everything that can happen next.
    func steps() -> [Step] {
        var steps: [Step] = letters.filter { $0.from != cutOff && $0.to != cutOff }.map(Step.deliver)
        for number in nodes.indices {
            let raft = nodes[number].raft
            if timeoutsLeft > 0, raft.deadline != .distantFuture { steps.append(.timeout(number)) }
            if commandsLeft > 0, raft.role == .leader { steps.append(.command(number)) }
            if crashesLeft > 0 { steps.append(.crash(number)) }
            if cutsLeft > 0, cutOff == nil { steps.append(.cut(number)) }
        }
        if cutOff != nil { steps.append(.heal) }
        return steps
    }

    /// Does one step. With `losesWrites` the process dies in it: after its messages of the step that need no disk have left, before
    /// anything is flushed.
    mutating func take(_ step: Step, losesWrites: Bool) {
        switch step {
        case .cut(let number):
            cutsLeft -= 1
            cutOff = number
        case .heal: cutOff = nil
        case .crash(let number):
            crashesLeft -= 1
            restart(number)
        case .deliver(let letter):
            letters.removeAll { $0 == letter }
            run(letter.to, losesWrites) { raft, clock, outputs in
                raft.receive(letter.message, from: NodeID(UInt32(letter.from + 1)), now: clock, into: &outputs)
            }
        case .timeout(let number):
            timeoutsLeft -= 1
            nodes[number].clock = max(nodes[number].clock, nodes[number].raft.deadline)
            run(number, losesWrites) { raft, clock, outputs in raft.tick(now: clock, into: &outputs) }
        case .command(let number):
            commandsLeft -= 1
            let payload = [UInt8(commandsLeft)]
            run(number, losesWrites) { raft, _, outputs in _ = raft.propose(.record, payload, into: &outputs) }
        }
    }

    private mutating func run(
        _ number: Int, _ losesWrites: Bool, _ body: (inout RaftGroup, Instant, inout Outputs) -> Void
    ) {
        var outputs = Outputs()
        let clock = nodes[number].clock
        body(&nodes[number].raft, clock, &outputs)
        nodes[number].raft.replicate(now: clock, into: &outputs)
        var isFlushed = false
        while true {
            check(number, outputs)
            post(outputs.messages, from: number)
            if losesWrites {
                crashesLeft -= 1
                return restart(number)
            }
            guard !isFlushed || outputs.hardStateChanged || outputs.truncateFrom != nil || !outputs.entries.isEmpty else { return }
            isFlushed = true
            flush(number, outputs)
            post(outputs.durableMessages, from: number)
            let mark = nodes[number].raft.persistenceMark
            outputs.reset()
            nodes[number].raft.persisted(mark, now: clock, into: &outputs)
            nodes[number].raft.replicate(now: clock, into: &outputs)
        }
    }

    private mutating func flush(_ number: Int, _ outputs: Outputs) {
        if outputs.hardStateChanged {
            nodes[number].term = nodes[number].raft.term
            nodes[number].vote = nodes[number].raft.vote
        }
        if let from = outputs.truncateFrom {
            nodes[number].entries.removeLast(nodes[number].entries.count - Int(from.rawValue) + 1)
        }
        nodes[number].entries += outputs.entries
    }

    private mutating func post(_ messages: [Outputs.Addressed], from: Int) {
        for addressed in messages {
            let letter = Letter(from: from, to: Int(addressed.to.rawValue) - 1, message: addressed.message)
            if !letters.contains(letter) { letters.append(letter) }
        }
    }

    private mutating func restart(_ number: Int) {
        let node = nodes[number]
        let restored = RestoredLog(
            term: node.term, vote: node.vote, base: .origin(Self.configuration), entries: node.entries, commit: .zero,
            firstAvailable: LogIndex(1))
        nodes[number].raft = Self.start(number, restored, node.raft.settings)
        nodes[number].clock = .zero
        // What was on its way to the dead process died with its connections.
        letters.removeAll { $0.to == number }
    }
}
