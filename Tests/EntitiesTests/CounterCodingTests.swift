import Entities
import JSON
import Testing

@Suite struct CounterCodingTests {
    private func holdsTogether<Value: Codable & Sendable & Equatable>(_ value: Value) throws {
        let bytes = try JSON.encode(value)
        #expect(try JSONCoder<Value>().encode(value) == bytes)
        #expect(try JSONCoder<Value>().decode(bytes) == value)
        #expect(try JSON.decode(Value.self, from: bytes) == value)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 10, 123_456_789, .max])
    func `the counter's own JSON is what the compiler's would be`(_ number: Int64) throws {
        var counter = Counter()
        counter.balance = number
        try holdsTogether(counter)
        try holdsTogether(Counter.Event.incremented(by: number))
        try holdsTogether(Counter.Increment(by: number))
        try holdsTogether(Counter.Balance())
    }

    @Test func `the forms on disk are these`() throws {
        #expect(try JSONCoder<Counter.Event>().encode(.incremented(by: 5)) == Array(#"{"incremented":{"by":5}}"#.utf8))
        #expect(try JSONCoder<Counter>().encode(Counter()) == Array(#"{"balance":0}"#.utf8))
    }

    @Test(arguments: [#"{"by":"1"}"#, #"{"by":1.5}"#, #"{"by":9223372036854775808}"#, "{}", "[]", "1"])
    func `what is no increment is refused either way with one message`(_ text: String) {
        let bytes = Array(text.utf8)
        let direct = #expect(throws: JSONError.self) { try JSONCoder<Counter.Increment>().decode(bytes) }
        let plain = #expect(throws: JSONError.self) { try JSON.decode(Counter.Increment.self, from: bytes) }
        #expect(direct?.description == plain?.description)
    }
}
