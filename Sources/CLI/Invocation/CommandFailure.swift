import Entities
import Journal
import Node

/// Why a command did not do what it was told, in words for the person who typed it.
///
/// The message says what happened, why, and what to do.
struct CommandFailure: Error, Hashable {
    var exit: CommandExit
    /// A stable name for scripts.
    var code: String
    var message: String
    /// Under which request id the command may be tried again.
    var requestID: String?

    init(_ exit: CommandExit, _ code: String, _ message: String, requestID: String? = nil) {
        self.exit = exit
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    static func usage(_ message: String) -> CommandFailure { CommandFailure(.usage, "usage", message) }
    static func noSuchThing(_ message: String) -> CommandFailure { CommandFailure(.noSuchThing, "not-found", message) }
}

extension CommandFailure {
    /// Nothing happened; the code of the failure says whose fault it is.
    init(_ failure: Failure, requestID: String? = nil) {
        self.init(
            CommandExit(nothingHappened: failure.code), failure.code.rawValue, failure.message, requestID: requestID)
    }

    /// It may have happened.
    init(unknown failure: Failure, requestID: String) {
        self.init(.outcomeUnknown, "outcome-unknown", failure.message, requestID: requestID)
    }

    init<Refusal>(_ error: CommandError<Refusal>, requestID: String) {
        switch error {
        case .refused(let refusal): self.init(.refused, "refused", "\(refusal)", requestID: requestID)
        case .notCommitted(let failure): self.init(failure, requestID: requestID)
        case .outcomeUnknown(let failure): self.init(unknown: failure, requestID: requestID)
        }
    }

    init(_ error: NodeError) {
        let exit: CommandExit =
            switch error.code {
            case .configuration: .usage
            case .listen, .join: .unavailable
            default: .journal
            }
        self.init(exit, error.code.description, error.message)
    }

    init(_ error: JournalError) {
        // A file that is not there is no damage; everything else about a journal is 74.
        self.init(error.code == .notFound ? .noSuchThing : .journal, error.code.description, error.message)
    }
}

extension CommandExit {
    init(nothingHappened code: Failure.Code) {
        switch code {
        case .malformed, .tooLarge: self = .usage
        case .conflict, .unstorable, .fatal: self = .refused
        case .unknownKind, .unknownCommand, .unknownQuery: self = .noSuchThing
        case .quarantined: self = .journal
        default: self.init(directory: code.rawValue)
        }
    }

    /// What the directory refuses comes as `directory-` and its own code.
    private init(directory code: String) {
        switch code {
        case "directory-unknownNode", "directory-unknownShard", "directory-removedNode": self = .noSuchThing
        case "directory-malformedName", "directory-malformedAddress", "directory-shardCountOutOfRange",
            "directory-shardCountFixed":
            self = .usage
        case "directory-noNodeUp": self = .unavailable
        default: self = code.hasPrefix("directory-") ? .refused : .unavailable
        }
    }
}
