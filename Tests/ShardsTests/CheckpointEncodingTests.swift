import Entities
import Primitives
import Testing

@testable import Shards

@Suite("Checkpoints as bytes")
struct CheckpointEncodingTests {
    /// One of everything: a healthy and a quarantined entity, a reply and a refusal, under a session and a key, a forgotten
    /// session.
    private static func sample() throws -> ShardCheckpoint {
        var leader = try Leader(settings: SessionTests.settings { $0.sessionsMax = 1 })
        _ = try leader.run(.increment("alice", by: .max, .request(1, of: 1, opened: 1)))
        _ = try leader.run(.increment("alice", by: 1, .request(1, of: 2, opened: 2), isRetry: true))
        _ = try leader.run(.increment("bob", by: 3, .request(2, of: 2, opened: 2)))
        _ = try leader.run(.increment("bob", by: 4, .key("ä")))
        _ = leader.replica.machine.beginCheckpoint()
        var checkpoint = try leader.replica.made()
        checkpoint.entities.append(
            EntityRow(
                entity: [0x71],
                stored: StoredState(revision: 4, state: Array("{}".utf8), unapplied: Array("[1]".utf8))))
        return checkpoint
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        let sample = try Self.sample()
        #expect(sample.sessionsRemoved == [1])
        #expect(sample.sessions.first?.replies.count == 2)
        let copy = try ShardCheckpoint(encoded: sample.encoded())
        var left = FakeJournal()
        left.write(sample)
        var right = FakeJournal()
        right.write(copy)
        #expect(left == right)
        #expect(copy.sessionsRemoved == sample.sessionsRemoved)
        #expect(copy.encoded() == sample.encoded())
    }

    @Test("what is cut short, too long or of another version is refused")
    func truncated() throws {
        let bytes = try Self.sample().encoded()
        for count in 0..<bytes.count {
            #expect(throws: MalformedBytes.self) { try ShardCheckpoint(encoded: Array(bytes[..<count])) }
        }
        #expect(throws: MalformedBytes.self) { try ShardCheckpoint(encoded: bytes + [0]) }
        #expect(throws: MalformedBytes.self) { try ShardCheckpoint(encoded: [2] + bytes.dropFirst()) }
    }

    @Test("no damage makes it trap")
    func damaged() throws {
        let bytes = try Self.sample().encoded()
        var random = RandomGenerator(seed: 11)
        for _ in 0..<5_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? ShardCheckpoint(encoded: damaged)
        }
    }
}
