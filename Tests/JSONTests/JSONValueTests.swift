import Testing

@testable import JSON

@Suite struct JSONValueTests {
    @Test("A value keeps its members' order and its integers' every digit")
    func keeps() throws {
        let text = #"{"z":1,"a":[null,true,-9223372036854775808,18446744073709551615,1.5,"é"],"m":{}}"#
        let value = try JSONValue.parse(text)
        #expect(value.description == text)
        #expect(value["z"]?.integer == 1)
        #expect(value["a"]?[2]?.integer == .min)
        #expect(value["a"]?[3] == .unsigned(.max))
        #expect(value["a"]?[3]?.unsigned == .max)
        #expect(value["a"]?[3]?.integer == nil)
        #expect(value["a"]?[4]?.double == 1.5)
        #expect(value["a"]?[9] == nil)
        #expect(value["q"] == nil)
        #expect(value.object?.keys == ["z", "a", "m"])
    }

    @Test("An integer beyond 64 bits is refused, not rounded")
    func refusesLongIntegers() {
        #expect(
            message { _ = try JSONValue.parse(#"{"a":18446744073709551616}"#) }
                == "`a`: 18446744073709551616 does not fit 0…18446744073709551615, at byte 5")
        #expect(code { _ = try JSONValue.parse("-9223372036854775809") } == .outOfRange)
        #expect(code { _ = try JSONValue.parse("1e400") } == .outOfRange)
    }

    @Test("The same members in another order are the same object")
    func equality() throws {
        let left: JSONValue = ["a": 1, "b": [2]]
        let right: JSONValue = ["b": [2], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1])
        #expect(left != ["a": 1, "c": [2]])
    }

    @Test("Members can be put in, changed and taken away")
    func changes() {
        var object: JSONObject = ["a": 1]
        object["b"] = "x"
        object["a"] = nil
        object["c"] = .null
        object["b"] = true
        #expect(JSONValue.object(object).description == #"{"b":true,"c":null}"#)

        // One letter precomposed and decomposed: two keys.
        let accents: JSONObject = ["\u{E9}": 1, "e\u{301}": 2]
        #expect(accents["\u{E9}"] == 1)
        #expect(accents["e\u{301}"] == 2)
    }

    @Test("For people, a value stands on several lines")
    func forPeople() throws {
        let value: JSONValue = ["a": [1, [:], []], "b": ["c": nil]]
        let text = """
            {
              "a": [
                1,
                {},
                []
              ],
              "b": {
                "c": null
              }
            }
            """
        #expect(String(decoding: value.serializedForPeople(), as: UTF8.self) == text)
        #expect(try JSONValue.parse(text) == value)
    }

    @Test("A value is coded as what it holds, within other types too")
    func coding() throws {
        struct Holder: Codable, Equatable { var value: JSONValue, object: JSONObject }
        try expectRoundTrip(
            Holder(value: [1, "x", nil, 2.5, ["k": false]], object: ["z": 1, "a": .unsigned(.max)]),
            #"{"value":[1,"x",null,2.5,{"k":false}],"object":{"z":1,"a":18446744073709551615}}"#)
        #expect(code { _ = try JSON.encode(JSONValue.number(.nan)) } == .notANumber)
        #expect(JSONValue.array([.number(.nan), .number(.infinity)]).description == "[null,null]")
    }

    @Test("Every value that can be parsed is the same after it is written and parsed, by either way")
    func bothWays() throws {
        let texts = ["null", "0", "-0.0", "1.0", #""\u0000""#, "[[],{}]", #"{"":{"":[]}}"#, TruncationTests.document]
        for text in texts {
            let value = try JSONValue.parse(text)
            #expect(try JSON.encode(value) == value.serialized())
            #expect(try JSONValue.parse(value.serialized()) == value)
            #expect(try JSONValue.parse(value.serializedForPeople()) == value)
        }
    }
}

@Suite struct JSONTextTests {
    struct Answer: Codable, Equatable {
        var state: JSONText
        var revision: UInt64
    }

    @Test("A text is passed on byte by byte")
    func passesOn() throws {
        let text = #"{"state":{ "b":1.50, "a":"\u0041" },"revision":15}"#
        let answer = try decoded(Answer.self, text)
        #expect(answer.state.description == #"{ "b":1.50, "a":"\u0041" }"#)
        #expect(try encoded(answer) == text)
        for whole in [#""q""#, "1", "null", "[]", #"{"a":[]}"#, #""""#] {
            #expect(try decoded([JSONText].self, "[ \(whole) ,0]").first?.description == whole)
            #expect(try decoded(JSONText.self, " \(whole) ").description == whole)
            #expect(try encoded(JSONText(Array(whole.utf8))) == whole)
        }
    }

    @Test("Bytes that are not JSON do not become a text")
    func refuses() {
        #expect(code { _ = try JSONText(Array("{".utf8)) } == .malformed)
        #expect(code { _ = try decoded([JSONText].self, "[{]") } == .malformed)
    }

    @Test("A text that would be too deep where it is put is refused")
    func depth() throws {
        let text = try JSONText(
            Array((String(repeating: "[", count: 63) + #""\"[[[""# + String(repeating: "]", count: 63)).utf8))
        _ = try JSON.decode([JSONText].self, from: JSON.encode([text]))
        #expect(code { _ = try JSON.encode([[text]]) } == .tooDeep)
    }
}
