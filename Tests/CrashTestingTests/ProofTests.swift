import Foundation
import Primitives
import Testing

@testable import CrashTesting

/// Plants in the journals and in what callers were told each thing that the crash test must find.
@Suite struct ProofTests {
    /// Two counters, a caller with keys and one with a session, and three equal journals of what they did.
    private final class World {
        let folder = NSTemporaryDirectory() + "/holdfast-proof-\(UUID().uuidString.prefix(8))"
        let names = RequestNames(sessions: [nil, RequestNames.OpenSession(client: .max - 5, opened: 1)])
        var acts: [[Act]] = [[], []]
        var last: [Act?] = []
        var journals: [FakeJournal] = []

        init() throws {
            var index: UInt64 = 1
            var values: [Int64] = [0, 0]
            for round in UInt32(0)..<10 {
                for caller in 0..<2 {
                    let entity = Int(round + UInt32(caller)) % 2
                    var act = Act(
                        entity: UInt32(entity), caller: UInt32(caller), number: round + 1, by: Int32(caller + 1),
                        from: Int64(index) * 10, to: Int64(index) * 10 + 5)
                    values[entity] += Int64(act.by)
                    (act.value, act.ending, act.group, act.term, act.index) = (values[entity], .answered, 1, 3, index)
                    act.revision = UInt64(acts.joined().count { $0.entity == act.entity } + 1)
                    acts[caller].append(act)
                    index += 1
                }
            }
            for entity in 0..<2 {
                var read = Act(entity: UInt32(entity), caller: 0, number: 0, by: 0, from: 5_000, to: 5_001)
                (read.value, read.ending) = (values[entity], .answered)
                last.append(read)
            }
            for node in 1...3 {
                var journal = try FakeJournal("\(folder)/node\(node)")
                try journal.write(Array(acts.joined()), names)
                journals.append(journal)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func onAll(_ sql: String) throws { for journal in journals { try journal.execute(sql) } }

        func prove() throws -> Proof {
            var proof = Proof()
            proof.judge(acts, last: last, names: names)
            try proof.examine(folders: journals.map(\.folder), acts: acts, last: last, names: names)
            return proof
        }
    }

    private func finds(_ word: String, _ plant: (World) throws -> Void, at line: Int = #line) throws {
        let world = try World()
        try plant(world)
        let found = try world.prove().findings
        #expect(found.texts.contains { $0.contains(word) }, "line \(line): \(found.texts)")
    }

    @Test func `a correct run passes`() throws {
        let proof = try World().prove()
        #expect(proof.findings.texts == [])
        #expect(proof.entriesCompared == 40)
        #expect(proof.entitiesJudged == 2)
        #expect(proof.replicas == 3)
    }

    @Test func `an unanswered increment may be in the journals or not`() throws {
        let world = try World()
        for isThere in [true, false] {
            var act = world.acts[0][9]
            (act.ending, act.to) = (.unknown, .max)
            world.acts[0][9] = act
            if !isThere {
                try world.onAll("DELETE FROM journal WHERE log_index >= 19; UPDATE groups SET commit_index = 18")
                world.acts[1].removeLast()
                for entity in 0..<2 {
                    world.last[entity]!.value = world.acts.joined().filter { $0.ending == .answered && $0.entity == entity }
                        .map(\.value).max()!
                }
            }
            #expect(try world.prove().findings.texts == [])
        }
    }

    @Test func `an answered increment that is lost is found`() throws {
        try finds("has 0 times") { world in
            try world.onAll("DELETE FROM journal WHERE log_index = 20; UPDATE groups SET commit_index = 19")
        }
        try finds("add up to") { world in
            try world.onAll("DELETE FROM journal WHERE log_index = 20; UPDATE groups SET commit_index = 19")
        }
    }

    @Test func `an answered increment that is not committed is found`() throws {
        try finds("has 0 times") { try $0.onAll("UPDATE groups SET commit_index = 19") }
    }

    @Test func `an increment that is there twice is found`() throws {
        try finds("has 2 times") { world in
            try world.onAll(
                """
                INSERT INTO journal SELECT NULL, replica, 21, term, type, entity, first_revision + 1, events, request_key,
                  session_client, session_opened, request_number, acknowledged_below, fingerprint, reply, recorded_at, checksum
                FROM journal WHERE log_index = 20;
                UPDATE groups SET commit_index = 21
                """)
        }
    }

    @Test func `an entry that nobody asked for is found`() throws {
        try finds("no caller asked for") { try $0.onAll("UPDATE journal SET request_key = 'caller-0-99' WHERE log_index = 3") }
        try finds("no caller asked for") { try $0.onAll("UPDATE journal SET session_client = 4 WHERE log_index = 4") }
        try finds("no caller asked for") { try $0.onAll("UPDATE journal SET entity = 'd1' WHERE log_index = 3") }
    }

    @Test func `an entry that is not what its caller was told is found`() throws {
        for (change, word) in [
            ("reply = '77'", "reply 77"), ("term = 9", "term 9"), ("entity = 'c9'", "no caller asked for"),
            ("first_revision = 9", "revision 9"), ("events = '[]'", "events []"),
        ] {
            try finds(word) { try $0.onAll("UPDATE journal SET \(change) WHERE log_index = 5") }
        }
    }

    @Test func `a gap in a log is found`() throws {
        try finds("where 5 should be") { try $0.onAll("DELETE FROM journal WHERE log_index = 5") }
    }

    @Test func `journals that differ in any column are found`() throws {
        for change in [
            "recorded_at = 1001", "checksum = 4", "fingerprint = 6", "term = 4", "acknowledged_below = 0", "session_opened = 0",
            "type = 1", "reply = reply || ' '", "events = events || ' '",
        ] {
            try finds("is not the same on node1 and node3") {
                try $0.journals[2].execute("UPDATE journal SET \(change) WHERE log_index = 8")
            }
        }
    }

    @Test func `a stale read is found`() throws {
        try finds("not linearizable") { world in
            var read = world.last[0]!
            (read.value, read.from, read.to) = (world.acts[0][0].value, 4_000, 4_001)
            world.acts[0].append(read)
        }
    }

    @Test func `a balance that is not what the events add up to is found`() throws {
        try finds("add up to") { $0.last[1]!.value += 1 }
    }
}
