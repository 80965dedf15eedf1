import Testing

@testable import CLI

@Suite struct JournalEventsTests {
    @Test func `a name with a slash is an id or a kind and an id`() {
        let names = JournalEvents.names("counter/alice")
        #expect(names.map(\.kind) == [nil, "counter"])
        #expect(names.map(\.id) == ["counter/alice", "alice"])
        #expect(JournalEvents.names("alice").map(\.id) == ["alice"])
    }
}
