import Foundation

/// How the program ends: the exit codes of the contract, which are those of BSD's `sysexits.h`.
enum CommandExit: Int32, Hashable, Sendable, CaseIterable {
    case done = 0
    /// The command line, an address or a configuration makes no sense.
    case usage = 64
    /// The entity said no, or the request id was used for something else. Nothing happened.
    case refused = 65
    /// There is no such kind, shard, node or file.
    case noSuchThing = 66
    /// Nothing happened: nobody was there to answer, or not in time.
    case unavailable = 69
    /// The disk failed, or a journal cannot be used.
    case journal = 74
    /// It may have happened: retry with the same request id and learn.
    case outcomeUnknown = 75

    func exit() -> Never { Foundation.exit(rawValue) }
}
