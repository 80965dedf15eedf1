import Entities
import Node
import Testing

@testable import CLI

@Suite struct CommandFailureTests {
    @Test(arguments: [
        (Failure.Code.malformed, 64), (.tooLarge, 64), (.conflict, 65), (.unstorable, 65), (.unknownKind, 66),
        (.unknownCommand, 66), (.unknownQuery, 66), (.overloaded, 69), (.unavailable, 69), (.timedOut, 69),
        (.sessionExpired, 69), (.quarantined, 74), (Failure.Code("directory-unknownNode"), 66),
        (Failure.Code("directory-lastNode"), 65), (Failure.Code("directory-shardCountFixed"), 64),
        (Failure.Code("a-code-of-tomorrow"), 69),
    ])
    func `what did not happen ends by whose fault it is`(_ code: Failure.Code, _ exit: Int) {
        #expect(CommandFailure(Failure(code, "x")).exit.rawValue == Int32(exit))
    }

    @Test func `an unknown outcome is 75 whatever its cause`() {
        for code in [Failure.Code.timedOut, .unavailable, .malformed] {
            let failure = CommandFailure(CommandError<Never>.outcomeUnknown(Failure(code, "x")), requestID: "r")
            #expect(failure.exit == .outcomeUnknown)
            #expect(failure.requestID == "r")
        }
    }

    @Test func `a refusal is 65`() {
        let error = CommandError<Counter.Overflow>.refused(Counter.Overflow(balance: .max, by: 1))
        #expect(CommandFailure(error, requestID: "r").exit == .refused)
    }

    @Test(arguments: [
        (NodeError.Code.journal, 74), (.configuration, 64), (.listen, 69), (.join, 69), (.refused, 74), (.fault, 74),
    ])
    func `a node ends by the contract`(_ code: NodeError.Code, _ exit: Int) {
        #expect(CommandFailure(NodeError(code, "x")).exit.rawValue == Int32(exit))
    }

    @Test func `an error as JSON has its code message and request`() {
        let failure = CommandFailure(.outcomeUnknown, "outcome-unknown", "say “x”\n", requestID: "r-1")
        #expect(
            Invocation.json(failure)
                == #"{"error":{"code":"outcome-unknown","message":"say “x”\n","requestID":"r-1"}}"#)
        #expect(Invocation.json(.usage("no")) == #"{"error":{"code":"usage","message":"no"}}"#)
    }
}
