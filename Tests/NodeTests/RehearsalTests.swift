import Foundation
import Primitives
import Shards
import Synchronization
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

@Suite struct DecisionMarkTests {
    private let session = RequestID.session(SessionRequest(client: .max, opened: -5, number: 7, acknowledgedBelow: 3))

    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "/holdfast-mark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `what was being decided is found by the next process, once`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for request in [session, .key(Array("order-17".utf8)), nil] {
            let (mark, before) = try #require(DecisionMark.take(from: folder))
            #expect(before == nil)
            mark.begin("fragile", CommandRequest(entity: Array("cup ☕️".utf8), name: "break", payload: [], request: request))
            let (_, found) = try #require(DecisionMark.take(from: folder))
            #expect(
                found
                    == DecisionMark.Found(kind: "fragile", entity: Array("cup ☕️".utf8), command: "break", request: request))
            #expect(try #require(DecisionMark.take(from: folder)).found == nil)
        }
    }

    @Test func `what was decided is not found`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (mark, _) = try #require(DecisionMark.take(from: folder))
        mark.begin("counter", CommandRequest(entity: [65], name: "increment", payload: [], request: session))
        mark.end()
        #expect(try #require(DecisionMark.take(from: folder)).found == nil)
    }

    @Test func `no content of the file is read or written outside of its page`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data([1] + [UInt8](repeating: 0xFF, count: 4_095)).write(to: URL(fileURLWithPath: folder + "/" + DecisionMark.fileName))
        let (mark, found) = try #require(DecisionMark.take(from: folder))
        #expect(found != nil)
        let long = [UInt8](repeating: 66, count: 10_000)
        mark.begin("counter", CommandRequest(entity: long, name: "increment", payload: [], request: .key(long)))
        #expect(try #require(DecisionMark.take(from: folder)).found != nil)
    }
}
