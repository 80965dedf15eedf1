import Foundation
import Testing

@testable import Node

@Suite struct RehearsalTests {
    private func rehearse(_ count: Int, _ body: @escaping (Int) -> Void) async -> Rehearsal.Outcome {
        await withCheckedContinuation { continuation in
            Rehearsal.run(count, body) { continuation.resume(returning: $0) }
        }
    }

    @Test func `what ends the copy does not end this process, and is known by its number`() async {
        let outcome = await rehearse(5) { number in if number == 3 { abort() } }
        guard case .ended(let done) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(done == 3)
    }

    @Test func `what is done in the copy changes nothing here`() async {
        final class Box { var value = 0 }
        let box = Box()
        let outcome = await rehearse(300) { _ in box.value += 1 }
        guard case .ended(let done) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(done == 300)
        #expect(box.value == 0)
    }

    @Test func `a copy that hangs is ended, and what it had done is known`() async {
        let outcome = await rehearse(3) { number in while number == 1 { usleep(1_000) } }
        guard case .silent(let done) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(done == 1)
    }
}
