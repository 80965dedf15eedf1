import Entities
import Primitives
import Shards

extension CommandRequest {
    static func increment(
        _ entity: String = "alice", by amount: Int64, _ request: RequestID? = nil, isRetry: Bool = false
    ) -> CommandRequest {
        CommandRequest(
            entity: Array(entity.utf8), name: "increment", payload: Array(#"{"by":\#(amount)}"#.utf8),
            request: request, attempt: isRetry ? .again : .first)
    }

    static func note(
        _ entity: String = "n", _ name: String, _ payload: String = "", _ request: RequestID? = nil,
        isRetry: Bool = false
    ) -> CommandRequest {
        CommandRequest(
            entity: Array(entity.utf8), name: name, payload: Array(payload.utf8), request: request, attempt: isRetry ? .again : .first)
    }
}

extension RequestID {
    static func request(
        _ number: UInt64, of client: UInt64 = 7, opened: Int64 = 100, below: UInt64 = 1
    ) -> RequestID {
        .session(SessionRequest(client: client, opened: opened, number: number, acknowledgedBelow: below))
    }

    static func key(_ text: String) -> RequestID { .key([UInt8](text.utf8)) }
}

extension Submission {
    var code: Failure.Code? {
        guard case .reject(let failure) = self else { return nil }
        return failure.code
    }
    var isProposal: Bool {
        guard case .propose = self else { return false }
        return true
    }
}

extension Reading {
    var json: String? {
        guard case .answer(let answer, _) = self else { return nil }
        return String(decoding: answer.json, as: UTF8.self)
    }
    var revision: UInt64? {
        guard case .answer(let answer, _) = self else { return nil }
        return answer.revision
    }
    var code: Failure.Code? {
        guard case .reject(let failure) = self else { return nil }
        return failure.code
    }
}

extension Outcome {
    var text: String { String(decoding: json, as: UTF8.self) }
}

/// Lines of text: several events at once, replies without events, refusals of two shapes, code that fails.
struct Notes: Entity {
    static let kind = "notes"
    static let commands: Commands<Self> = [
        "write": Write.self, "write-all": WriteAll.self, "count": Count.self, "weigh": Weigh.self, "spoil": Spoil.self,
        "cheat": Cheat.self,
    ]
    static let queries: Queries<Self> = ["lines": Lines.self]

    var lines: [String] = []
    var weight: Double = 0

    enum Event: Codable, Sendable {
        case wrote(String)
        case weighed(Double)
        case cheated(OneWay)
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .wrote(let line): lines.append(line)
        case .weighed(let weight): self.weight += weight
        case .cheated: break
        }
    }

    enum Refusal: Error, Codable, Equatable, CustomStringConvertible {
        case empty
        case tooLong(Int)
        var description: String {
            switch self {
            case .empty: "there is \"nothing\" to write"
            case .tooLong(let length): "\(length) characters are too many"
            }
        }
    }

    struct Write: Command {
        var line: String
        func decide(_ notes: Notes) throws(Refusal) -> Decision<Event, Int> {
            if line.isEmpty { throw .empty }
            if line.utf8.count > 100 && line.utf8.count < 1_000 { throw .tooLong(line.utf8.count) }
            return Decision(.wrote(line), reply: notes.lines.count + 1)
        }
    }

    struct WriteAll: Command {
        var lines: [String]
        func decide(_: Notes) -> Decision<Event, Done> {
            Decision(events: lines.map { .wrote($0) }, reply: Done())
        }
    }

    /// Asks as a command: a reply without events.
    struct Count: Command {
        func decide(_ notes: Notes) -> Decision<Event, Int> { .reply(notes.lines.count) }
    }

    /// Its sum can leave the numbers that JSON has.
    struct Weigh: Command {
        var weight: Double
        func decide(_: Notes) -> Decision<Event, Done> { Decision(.weighed(weight)) }
    }

    /// Makes an event that has no JSON.
    struct Spoil: Command {
        func decide(_: Notes) -> Decision<Event, Done> { Decision(.weighed(.infinity)) }
    }

    /// Makes an event that does not read what it wrote.
    struct Cheat: Command {
        func decide(_: Notes) -> Decision<Event, Done> { Decision(.cheated(OneWay())) }
    }

    struct Lines: Query {
        func answer(_ notes: Notes) -> [String] { notes.lines }
    }

    struct OneWay: Codable {
        struct Never: Error {}
        init() {}
        init(from decoder: any Decoder) throws { throw Never() }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode("x")
        }
    }
}
