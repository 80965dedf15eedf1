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

    private static var hasCounters: Bool { Program.current.isBuiltIn }
    static var verbs: [String] {
        (hasCounters ? ["get", "increment"] : []) + ["state", "send", "events", "status", "members", "shards", "help", "quit"]
    }

    private static let counters = """
        get ID               the counter's value
        increment ID [BY]    adds 1, or BY

        """
    private static let help = """
        state KIND ID        an entity's state
        send KIND ID COMMAND [JSON]
                             sends it a command
        events KIND ID       its last 20 events
        status               who is in, who owns how much, and whether anything is amiss
        members              the nodes
        shards               owners, replicas, and which of them are behind
        quit                 ends, as Ctrl-D does
        An id with blanks stands in double quotes; JSON is the rest of its line, as it is.
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
        case "get" where Self.hasCounters:
            try require(1...1, "get ID")
            let balance = try await counter(arguments[0]).ask(Counter.Balance())
            output.json ? StandardOutput.json(["balance": balance]) : StandardOutput.line("\(balance)")
        case "increment" where Self.hasCounters:
            try require(1...2, "increment ID [BY]")
            try await increment(arguments[0], by: arguments.count > 1 ? arguments[1] : "1")
        case "state":
            try require(2...2, "state KIND ID")
            let (state, _) = try await entity(arguments).state(.linearizable)
            StandardOutput.line(String(decoding: state, as: UTF8.self))
        case "send":
            try require(3...4, "send KIND ID COMMAND [JSON]")
            let receipt = try await entity(arguments).send(
                arguments[2], arguments.count > 3 ? arguments[3] : "{}", requestID: UniqueID.random().description)
            StandardOutput.line(String(decoding: receipt.reply, as: UTF8.self))
        case "events" where Self.hasCounters && arguments.count == 1: try await events(of: arguments[0], kind: Counter.kind)
        case "events":
            try require(2...2, "events KIND ID")
            try await events(of: arguments[1], kind: arguments[0])
        case "status", "members", "shards":
            try require(0...0, verb)
            try await show(verb)
        case "help", "?": StandardOutput.line((Self.hasCounters ? Self.counters : "") + Self.help)
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

    private func entity(_ arguments: [String]) throws -> RawEntity {
        try RawEntity(cluster, arguments[0], arguments[1], timeout: timeout)
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

    /// Words between blanks; double quotes hold blanks, and a backslash in them the next character. What a command carries is the rest of
    /// its line, as it is.
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
                if words.count == 4, words[0] == "send" {
                    let rest = characters.trimmingCharacters(in: .whitespaces)
                    return rest.isEmpty ? words : words + [rest]
                }
            default: word = (word ?? "") + String(character)
            }
        }
        guard !isQuoted else { throw CommandFailure.usage("a quote is not closed") }
        if let word { words.append(word) }
        return words
    }
}
