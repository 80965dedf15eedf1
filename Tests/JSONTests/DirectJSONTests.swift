import Testing

@testable import JSON

/// One type with both codings: what `Codable` makes of it is the measure.
private struct Parcel: DirectJSON, Hashable {
    var to: String
    var grams: Int
    var number: UInt64
    var isFragile: Bool
    var note: String?

    init(to: String, grams: Int, number: UInt64, isFragile: Bool, note: String?) {
        self.to = to
        self.grams = grams
        self.number = number
        self.isFragile = isFragile
        self.note = note
    }

    init(json: JSONReader) throws {
        to = try json.member("to").string()
        grams = try json.member("grams").int()
        number = try json.member("number").uint64()
        isFragile = try json.member("isFragile").bool()
        note = try json.optionalMember("note")?.string()
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("to", to)
            json.member("grams", grams)
            json.member("number", number)
            json.member("isFragile", isFragile)
            if let note { json.member("note", note) }
        }
    }
}

private enum Step: DirectJSON, Hashable {
    case up(by: Int64, at: Double)
    case rest(label: String)

    init(json: JSONReader) throws {
        let (name, fields) = try json.onlyMember()
        switch name {
        case "up": self = .up(by: try fields.member("by").int64(), at: try fields.member("at").double())
        case "rest": self = .rest(label: try fields.member("label").string())
        default: throw json.unknownCase()
        }
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .up(let by, let at):
                json.object("up") { json in
                    json.member("by", by)
                    json.member("at", at)
                }
            case .rest(let label): json.object("rest") { $0.member("label", label) }
            }
        }
    }
}

@Suite struct DirectJSONTests {
    private let texts = ["", "plain", "\"quoted\\\"", "line\nbreak\u{1}", "Grüße 🎉", "0"]

    @Test func `a type's own way gives the bytes that Codable gives`() throws {
        for text in texts {
            for grams in [0, -1, 9, 10, 123_456, Int.max, Int.min] {
                let parcel = Parcel(
                    to: text, grams: grams, number: UInt64(bitPattern: Int64(grams)), isFragile: grams > 0,
                    note: text.isEmpty ? nil : text)
                let bytes = try JSON.encode(parcel)
                #expect(try JSONCoder<Parcel>().encode(parcel) == bytes)
                #expect(try JSONCoder<Parcel>().decode(bytes) == parcel)
            }
            for step in [Step.rest(label: text), .up(by: -7, at: 0.1), .up(by: .max, at: 1e300)] {
                let bytes = try JSON.encode(step)
                #expect(try JSONCoder<Step>().encode(step) == bytes)
                #expect(try JSONCoder<Step>().decode(bytes) == step)
            }
        }
    }

    @Test func `scalars alone are written and read as Codable does it`() throws {
        for text in texts {
            #expect(try JSONCoder<String>().encode(text) == JSON.encode(text))
            #expect(try JSONCoder<String>().decode(JSON.encode(text)) == text)
        }
        for number in [Int64.min, -10, 0, 7, .max] {
            #expect(try JSONCoder<Int64>().encode(number) == JSON.encode(number))
            #expect(try JSONCoder<Int64>().decode(JSON.encode(number)) == number)
            #expect(try JSONCoder<Int>().decode(JSONCoder<Int>().encode(Int(number))) == Int(number))
        }
        #expect(try JSONCoder<Bool>().decode(JSONCoder<Bool>().encode(true)))
    }

    @Test(arguments: [
        #"{"to":"x","grams":1,"number":1,"isFragile":true,"to":"y"}"#, #"{"to":"x","grams":1.5,"number":1,"isFragile":true}"#,
        #"{"to":"x","grams":1,"number":-1,"isFragile":true}"#, #"{"to":"x","grams":1,"number":1}"#, "[]", "", "{", "null",
        #"{"to":"x","grams":1,"number":1,"isFragile":true} "x""#, #"{"to":1,"grams":1,"number":1,"isFragile":true}"#,
    ])
    func `what Codable refuses is refused with the same error`(_ text: String) {
        let bytes = Array(text.utf8)
        let direct = #expect(throws: JSONError.self) { try JSONCoder<Parcel>().decode(bytes) }
        let plain = #expect(throws: JSONError.self) { try JSON.decode(Parcel.self, from: bytes) }
        #expect(direct?.code == plain?.code)
        #expect(direct?.description == plain?.description)
    }

    @Test(arguments: [#"{}"#, #"{"down":{}}"#, #"{"up":{"by":1,"at":2},"rest":{"label":"x"}}"#])
    func `an enumeration's unknown case is said to be one`(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSONCoder<Step>().decode(Array(text.utf8)) }
        #expect(error?.code == .invalidValue)
        #expect(error?.description.contains("expected one key that names a case") ?? false)
    }

    @Test func `a type without its own way goes by Codable`() throws {
        #expect(try JSONCoder<[Int]>().encode([1, 2]) == Array("[1,2]".utf8))
        #expect(try JSONCoder<[Int]>().decode(Array("[1,2]".utf8)) == [1, 2])
    }
}
