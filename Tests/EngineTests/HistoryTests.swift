import Primitives
import Testing

@testable import Engine

@Suite struct HistoryTests {
    @Test func `a question for events of a replica that is given up is answered at once, and what is read later is not its answer`() {
        let engine = Engine(
            recovery: Recovery(
                identity: FileIdentity(file: .random(), cluster: nil, node: nil, name: nil, starts: StartHistory(count: 1, process: .random()))),
            cluster: .random(), node: NodeID(1), runtimes: [], settings: EngineSettings(), seed: 1,
            now: Instant(nanoseconds: 1), wall: .zero)
        engine.histories = [4: (.local(40), GroupID(3)), 5: (.local(50), GroupID(8)), 6: (.local(60), GroupID(3))]
        engine.abandonHistories(of: GroupID(3))
        engine.historyLoaded(4, .document([1]))
        engine.historyLoaded(5, .document([2]))
        var outputs = EngineOutputs()
        engine.flush(into: &outputs)
        let told = outputs.localResponses.map { "\($0.token): \(isDocument($0.response) ? "events" : "none")" }
        #expect(told == ["40: none", "60: none", "50: events"])
    }

    private func isDocument(_ response: Response) -> Bool { if case .document = response { true } else { false } }
}
