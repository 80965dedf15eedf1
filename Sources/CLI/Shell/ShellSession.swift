import Engine
import Entities
import Foundation
import Node
import Primitives

/// What the lines of a shell do.
struct ShellSession {
    let cluster: Cluster
    let timeout: Duration
    let output: OutputOptions

    static let verbs = ["get", "increment", "events", "status", "members", "shards", "help", "quit"]

    private static let help = """
        get ID               the counter's value
        increment ID [BY]    adds 1, or BY
        events ID [KIND]     the last 20 events of the counter, or of another kind's entity
        status               who is in, who owns how much, and whether anything is amiss
        members              the nodes
        shards               owners, replicas, and which of them are behind
        quit                 ends, as Ctrl-D does
        An id with blanks stands in double quotes.
        """

    private static let eventsMax = 20

    /// False when the line ends the session.
    func run(_ line: String) async throws -> Bool {
        let words = try Self.words(line)
        guard let verb = words.first else { return true }
        let arguments = Array(words.dropFirst())
        func require(_ counts: ClosedRange<Int>, _ usage: String) throws {
            guard counts.contains(arguments.count) else { throw CommandFailure.usage("it is: \(usage)") }
        }
        switch verb {
        case "get":
            try require(1...1, "get ID")
            let balance = try await counter(arguments[0]).ask(Counter.Balance())
            output.json ? StandardOutput.json(["balance": balance]) : StandardOutput.line("\(balance)")
        case "increment":
            try require(1...2, "increment ID [BY]")
            try await increment(arguments[0], by: arguments.count > 1 ? arguments[1] : "1")
        case "events":
            try require(1...2, "events ID [KIND]")
            try await events(of: arguments[0], kind: arguments.count > 1 ? arguments[1] : Counter.kind)
        case "status", "members", "shards":
            try require(0...0, verb)
            try await show(verb)
        case "help", "?": StandardOutput.line(Self.help)
        case "quit", "exit": return false
        default:
            let guess = NearestName.of(verb, among: Self.verbs).map { ": did you mean \($0)?" } ?? ";"
            throw CommandFailure.usage("there is no “\(verb)” here\(guess) `help` lists what there is")
        }
        return true
    }

    func failure(_ error: any Error) -> CommandFailure {
        Invocation.failure(from: error) ?? CommandFailure(.unavailable, "failed", "\(error)")
    }

    private func counter(_ id: String) async throws -> EntityReference<Counter> {
        var counters = try await cluster.entities(Counter.self, timeout: timeout)
        counters.timeout = timeout
        return counters[id]
    }

    private func increment(_ id: String, by text: String) async throws {
        guard let amount = Int64(text) else { throw CommandFailure.usage("“\(text)” is no whole number of 64 bits") }
        // One id for all attempts: an answer that is lost does not make it count twice.
        let requestID = UniqueID.random().description
        do {
            let receipt = try await counter(id).send(Counter.Increment(by: amount), requestID: requestID)
            output.json ? StandardOutput.json(["balance": receipt.reply]) : StandardOutput.line("\(receipt.reply)")
        } catch let error as CommandError<Counter.Overflow> {
            throw CommandFailure(error, requestID: requestID)
        }
    }

    private func events(of id: String, kind: String) async throws {
        var reading = EventReading(kind: kind, id: id, after: 0)
        var last: [EntityEvent] = []
        while true {
            let (events, isLast) = try await reading.next(of: cluster, timeout: timeout)
            last = Array((last + events).suffix(Self.eventsMax))
            if isLast { break }
        }
        output.show(last, kind: kind, id: id)
    }

    private func show(_ what: String) async throws {
        let overview = ClusterOverview(try await cluster.status(timeout: timeout))
        if output.json { return StandardOutput.json(overview) }
        switch what {
        case "members": overview.memberTable.print()
        case "shards": overview.shardTable.print()
        default:
            for line in overview.summary { StandardOutput.line(line) }
            StandardOutput.line("")
            overview.memberTable.print()
        }
    }

    /// Words between blanks; double quotes hold blanks, and a backslash in them the next character.
    static func words(_ line: String) throws(CommandFailure) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var characters = line.trimmingCharacters(in: .newlines)[...]
        while let character = characters.popFirst() {
            switch character {
            case "\\" where isQuoted: word = (word ?? "") + (characters.popFirst().map(String.init) ?? "\\")
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted, "\t" where !isQuoted:
                if let whole = word { words.append(whole) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard !isQuoted else { throw CommandFailure.usage("a quote is not closed") }
        if let word { words.append(word) }
        return words
    }
}
