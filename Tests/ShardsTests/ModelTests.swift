import Entities
import Primitives
import Testing

@testable import Shards

/// A group of replicas under random commands, retries, changes of leadership, checkpoints in steps and restarts, beside a
/// model that only knows what was committed.
struct ModelRun {
    static let replicaCount = 3
    static let entities = ["a", "b", "c", "d", "e", "f"]

    var random: RandomGenerator
    var log = SharedLog()
    var replicas: [Replica] = []
    var leader = 0
    var wall: Int64 = 1_000

    /// Every command ever sent under an id, with the answers that it got.
    var sent: [Sent] = []
    var clients: [Client] = []
    /// The sum of what was committed, per entity, and how often each id took effect.
    var sums: [String: Int64] = [:]
    /// For each id that took effect: how many keyed commands had by then.
    var effects: [RequestID: Int] = [:]
    var keyedCount = 0
    var tally = Tally()

    struct Sent {
        var command: CommandRequest
        var answer: StoredReply?
        var isAcknowledged = false
    }

    struct Client {
        var id: UInt64
        var opened: Int64
        var next: UInt64 = 1
        var open: [Int] = []
    }

    /// How often each thing was really provoked.
    struct Tally {
        var proposed = 0, done = 0, attached = 0, refused = 0, expired = 0, acknowledged = 0, conflicts = 0, elections = 0
        var lost = 0, restarts = 0, checkpoints = 0, interrupted = 0, unloaded = 0, forgottenKeys = 0
    }

    init(seed: UInt64) throws {
        random = RandomGenerator(seed: seed)
        let settings = SessionTests.settings {
            $0.sessionsMax = 4
            $0.keysPerBucket = 3
            $0.keysRememberedMin = 9
            $0.keysRememberedFor = .milliseconds(40)
            $0.cachedKeysMax = 2
            $0.cleanEntitiesMax = 2
        }
        for _ in 0..<Self.replicaCount { replicas.append(try Replica(settings: settings)) }
        for number in 1...6 as ClosedRange<UInt64> { clients.append(Client(id: number, opened: Int64(number))) }
        try elect(0)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func step() throws {
        wall += Int64.random(in: -3...8, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: try send(fresh())
        case 35..<50: try retry()
        case 50..<70: try commit()
        case 70..<84: try replicas[pick()].follow(log, through: anyIndex())
        case 84..<92: try checkpointStep(pick())
        case 92..<95: try restart(pick())
        case 95..<97: try elect(pick())
        default: try read()
        }
    }

    mutating func pick() -> Int { Int.random(in: 0..<Self.replicaCount, using: &random) }
    mutating func anyIndex() -> LogIndex { LogIndex(UInt64.random(in: 0...log.commit.rawValue, using: &random)) }

    // MARK: Commands

    mutating func fresh() -> Int {
        let entity = Self.entities.randomElement(using: &random)!  // there are six
        // Now and then one that overflows, or comes back from there.
        let amount: Int64 = chance(10) ? (chance(50) ? .max : .min) : Int64.random(in: -9...9, using: &random)
        let id: RequestID
        if chance(40) {
            id = .key("k\(sent.count)")
        } else {
            let client = Int.random(in: 0..<clients.count, using: &random)
            // What was answered is acknowledged, as far as it goes without a gap.
            while let first = clients[client].open.first, sent[first].answer != nil {
                sent[first].isAcknowledged = true
                clients[client].open.removeFirst()
            }
            var below = clients[client].next
            if let first = clients[client].open.first, case .session(let request) = sent[first].command.request {
                below = request.number
            }
            id = .request(clients[client].next, of: clients[client].id, opened: clients[client].opened, below: below)
            clients[client].next += 1
            clients[client].open.append(sent.count)
        }
        sent.append(Sent(command: .increment(entity, by: amount, id)))
        return sent.count - 1
    }

    mutating func retry() throws {
        guard !sent.isEmpty else { return }
        let recent = chance(60) ? max(0, sent.count - 10) : 0
        let number = Int.random(in: recent..<sent.count, using: &random)
        var command = sent[number].command
        command.attempt = .again
        if chance(10) {
            command.payload = Array(#"{"by":77}"#.utf8)
            switch try submit(command) {
            case .reject(let failure) where failure.code == .conflict: tally.conflicts += 1
            case .propose: replicas[leader].machine.abandonProposal()
            case .done, .attach: Issue.record("another payload passes for a retry")
            default: break
            }
            return
        }
        sent[number].command = command
        try send(number)
    }

    mutating func submit(_ command: CommandRequest) throws -> Submission {
        try replicas[leader].submit(command, wall: WallTime(milliseconds: wall))
    }

    mutating func send(_ number: Int) throws {
        let command = sent[number].command
        switch try submit(command) {
        case .propose(let payload):
            if chance(5) {
                replicas[leader].machine.abandonProposal()
                return
            }
            let entry = log.append(.record, payload)
            replicas[leader].machine.proposed(at: entry.index, term: entry.term)
            tally.proposed += 1
        case .done(let reply):
            tally.done += 1
            if let answer = sent[number].answer, answer != reply {
                // The only excuse: the key's window had passed, and the command was executed anew.
                #expect(answer.index <= replicas[leader].machine.keys.forgottenThrough, "a retry got another answer")
            }
            sent[number].answer = reply
        case .mustBeTried: Issue.record("no owner was lost")
        case .attach(let index):
            tally.attached += 1
            #expect(index > log.commit && index <= log.last)
        case .answer(let answer, let after):
            tally.refused += 1
            #expect(after <= log.last)
            #expect(answer.outcome.isRefusal)
            #expect(command.attempt == .first, "the refusal of a retry was not recorded")
        case .reject(let failure):
            switch failure.code {
            case .sessionExpired:
                tally.expired += 1
                renew(command.request)
            case .alreadyAcknowledged:
                tally.acknowledged += 1
                #expect(sent[number].isAcknowledged, "the client never said so")
            default: Issue.record("\(failure)")
            }
        case .needs: Issue.record("what was needed was given")
        }
    }

    /// The client of an expired session opens another.
    mutating func renew(_ request: RequestID?) {
        guard case .session(let request) = request,
            let client = clients.firstIndex(where: { $0.id == request.client && $0.opened == request.opened })
        else { return }
        let newest = clients.map(\.opened).max() ?? 0
        clients[client] = Client(id: request.client + 100, opened: newest + 1)
    }

    mutating func read() throws {
        let entity = Self.entities.randomElement(using: &random)!  // there are six
        let local = pick()
        guard case .answer(let answer, let after) = try replicas[local].ask(entity, on: .committed) else {
            Issue.record("a local read was not answered")
            return
        }
        #expect(after == replicas[local].machine.applied)
        if replicas[local].machine.applied == log.commit {
            #expect(String(decoding: answer.json, as: UTF8.self) == "\(sums[entity] ?? 0)")
        }
    }

    // MARK: The group

    mutating func commit() throws {
        guard log.commit < log.last else { return }
        let before = log.commit
        log.commit = before + Int.random(in: 1...(log.last - before), using: &random)
        try account(after: before)
        let applied = try replicas[leader].follow(log)
        for result in applied {
            guard case .record = log[result.reply.index].type else { continue }
            let record = try EntryRecord(encoded: log[result.reply.index].payload)
            if let number = sent.firstIndex(where: { $0.command.request == record.request }),
                sent[number].answer == nil
            {
                sent[number].answer = result.reply
            }
        }
    }

    /// The model: what each committed record does, by its own bytes.
    mutating func account(after index: LogIndex) throws {
        var index = index
        while index < log.commit {
            index = index.next
            guard log[index].type == .record else { continue }
            let record = try EntryRecord(encoded: log[index].payload)
            let entity = String(decoding: record.entity, as: UTF8.self)
            if let request = record.request { tookEffect(request) }
            let text = String(decoding: record.events, as: UTF8.self)
            guard text != "[]" else { continue }
            let amount = Int64(text.dropFirst(#"[{"incremented":{"by":"#.count).dropLast("}}]".count))
            sums[entity, default: 0] += try #require(amount)
        }
    }

    /// A session's request takes effect once; a key's once more only after its window.
    mutating func tookEffect(_ request: RequestID) {
        var isKey = false
        if case .key = request { isKey = true }
        if isKey { keyedCount += 1 }
        if let earlier = effects[request] {
            #expect(isKey && keyedCount - earlier > 9, "\(request) took effect twice")
        }
        effects[request] = keyedCount
    }

    mutating func elect(_ next: Int) throws {
        if log.last > log.commit, replicas[leader].machine.proposed > 0 { tally.lost += 1 }
        replicas[leader].machine.lostLeadership()
        // What the old leader did not get committed is cut off somewhere; the rest commits under the new one.
        let before = log.commit
        log.truncate(after: before + Int.random(in: 0...(log.last - before), using: &random))
        log.term = log.term.next
        leader = next
        log.append(.empty)
        log.commit = log.last
        try account(after: before)
        try replicas[leader].follow(log)
        tally.elections += 1
    }

    mutating func restart(_ number: Int) throws {
        if replicas[number].machine.checkpoint != nil { tally.interrupted += 1 }
        try replicas[number].restart()
        tally.restarts += 1
        if number == leader { try elect(leader) }
    }

    mutating func checkpointStep(_ number: Int) throws {
        if replicas[number].machine.beginCheckpoint() != nil { return }
        let requests = replicas[number].machine.loadsForCheckpoint(limit: 2)
        tally.unloaded += requests.count
        for request in requests {
            try replicas[number].machine.loaded(request, replicas[number].journal.answer(request))
        }
        guard let checkpoint = replicas[number].machine.makeCheckpoint() else { return }
        replicas[number].journal.write(checkpoint)
        // The process may end between the write and its notice.
        if chance(10) { return try restart(number) }
        replicas[number].machine.checkpointWritten(checkpoint.index)
        tally.checkpoints += 1
    }

    // MARK: The end

    mutating func finish() throws {
        try elect(leader)
        var images: [FakeJournal] = []
        for number in replicas.indices {
            try replicas[number].follow(log)
            _ = try replicas[number].finishCheckpoint()
            images.append(try replicas[number].image())
        }
        var replayed = try Replica(settings: replicas[0].settings)
        try replayed.follow(log)
        let truth = try replayed.image()
        for (number, image) in images.enumerated() {
            #expect(image == truth, "replica \(number) differs from a replay of the whole log")
        }
        for entity in Self.entities {
            #expect(try replayed.ask(entity, on: .committed).json == "\(sums[entity] ?? 0)")
        }
        if truth.keysForgottenThrough > .zero { tally.forgottenKeys += 1 }
    }
}

@Suite("Random runs against a model")
struct ModelTests {
    @Test("replicas agree with each other, with a replay and with the model, and nothing takes effect twice")
    func random() throws {
        var total = ModelRun.Tally()
        for seed in 1...60 as ClosedRange<UInt64> {
            var run = try ModelRun(seed: seed)
            for _ in 0..<300 { try run.step() }
            try run.finish()
            total = total + run.tally
        }
        // A run that provoked nothing proves nothing.
        #expect(total.proposed > 5_000 && total.done > 500 && total.attached > 100 && total.refused > 100, "\(total)")
        #expect(total.expired > 50 && total.acknowledged > 50 && total.conflicts > 50, "\(total)")
        #expect(total.elections > 300 && total.lost > 50 && total.restarts > 300, "\(total)")
        #expect(total.checkpoints > 100 && total.interrupted > 50 && total.unloaded > 50, "\(total)")
        #expect(total.forgottenKeys > 30, "\(total)")
    }
}

extension ModelRun.Tally {
    static func + (left: Self, right: Self) -> Self {
        Self(
            proposed: left.proposed + right.proposed, done: left.done + right.done,
            attached: left.attached + right.attached, refused: left.refused + right.refused,
            expired: left.expired + right.expired, acknowledged: left.acknowledged + right.acknowledged,
            conflicts: left.conflicts + right.conflicts, elections: left.elections + right.elections,
            lost: left.lost + right.lost, restarts: left.restarts + right.restarts,
            checkpoints: left.checkpoints + right.checkpoints, interrupted: left.interrupted + right.interrupted,
            unloaded: left.unloaded + right.unloaded, forgottenKeys: left.forgottenKeys + right.forgottenKeys)
    }
}
