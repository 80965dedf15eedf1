import Entities
import Primitives
import Testing

@Suite("Names of entities and shards")
struct NamesTests {
    @Test(
        "an entity id is 1 to 512 bytes of UTF-8",
        arguments: ["a", "ä", "a/b c", String(repeating: "x", count: 512), "\u{0}"])
    func goodID(_ text: String) throws {
        let id = try EntityID(text)
        #expect(id.description == text)
        #expect(try EntityID(utf8: Array(text.utf8)) == id)
    }

    @Test(
        "anything else is a clear error",
        arguments: [
            ([], "empty"), ([UInt8](repeating: 0x78, count: 513), "513"), ([0xC3], "UTF-8"), ([0xED, 0xA0, 0x80], "UTF-8"),
        ])
    func badID(_ bytes: [UInt8], _ word: String) {
        do throws(Failure) {
            _ = try EntityID(utf8: bytes)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .malformed)
            #expect(error.message.contains(word))
        }
    }

    @Test("an entity's shard is the same for ever")
    func shard() throws {
        #expect(try ["alice", "bob", "carol"].map { try EntityID($0).shard(of: 10) } == [9, 7, 8])
        var counts = [Int](repeating: 0, count: 16)
        for number in 0..<16_000 { counts[try EntityID("entity-\(number)").shard(of: 16)] += 1 }
        #expect(counts.allSatisfy { (800...1_200).contains($0) })
    }

    @Test("a shard's name reads back", arguments: ["counter/0", "counter/7", "a-b_C9/4095"])
    func shardID(_ text: String) {
        #expect(ShardID(text)?.description == text)
    }

    @Test(
        "what is no shard's name is not read",
        arguments: [
            "", "counter", "/1", "counter/", "counter/-1", "counter/+1", "counter/01", "9x/1", "a/b/1",
            "counter/99999999999999999999",
        ])
    func noShardID(_ text: String) {
        #expect(ShardID(text) == nil)
    }

    @Test("a name is letters, digits, - and _", arguments: ["a", "Counter", "a-b_9", String(repeating: "x", count: 64)])
    func goodName(_ name: String) { #expect(StableName.isValid(name)) }

    @Test(
        "other names are not valid",
        arguments: ["", "9a", "-a", "a b", "ä", "a/b", "a.b", String(repeating: "x", count: 65)])
    func badName(_ name: String) { #expect(!StableName.isValid(name)) }
}
