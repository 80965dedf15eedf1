import Testing

@testable import JSON

func encoded(_ value: some Encodable) throws -> String { String(decoding: try JSON.encode(value), as: UTF8.self) }

func decoded<Value: Decodable>(_: Value.Type = Value.self, _ text: String) throws -> Value {
    try JSON.decode(Value.self, from: Array(text.utf8))
}

@Suite struct JSONTests {
    enum Event: Codable, Equatable {
        case incremented(by: Int)
        case closed
        case renamed(String, at: Double)
    }

    struct Increment: Codable, Equatable { var by: Int }

    @Test func `Events are one-key objects, as the compiler's coding of enumerations has it`() throws {
        let events: [Event] = [.incremented(by: 1), .closed, .renamed("a\"b", at: 0.1)]
        let text = #"[{"incremented":{"by":1}},{"closed":{}},{"renamed":{"_0":"a\"b","at":0.1}}]"#
        #expect(try encoded(events) == text)
        #expect(try decoded([Event].self, text) == events)
        #expect(try decoded(Increment.self, #" { "by" : 1 } "#) == Increment(by: 1))
        #expect(try encoded(Increment(by: .min)) == #"{"by":-9223372036854775808}"#)
    }

    @Test func `A message names the place`() throws {
        let error = #expect(throws: JSONError.self) { try decoded(Increment.self, #"{"by":"1"}"#) }
        #expect(error?.description == "`by`: expected an integer, found a string, at byte 6")
    }
}
