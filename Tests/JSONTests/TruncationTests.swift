import Testing

@testable import JSON

/// Damage: no text makes the scanner or a decoder trap, and none is taken for another.
@Suite struct TruncationTests {
    static let document = #"""
        {"null":null,"yes":true,"no":false,"integer":-120,"number":-1.25e-10,"text":"a\"\\\u00e9\ud83d\ude00é😀",
         "array":[1,[],[{}],"x"],"object":{"k":{"deep":[null]}},"":0}
        """#

    @Test("A document cut off at any byte is refused, with a place within it")
    func cutAtEveryByte() throws {
        let whole = Array(Self.document.utf8)
        try JSON.validate(whole)
        for count in 0..<whole.count {
            let error = #expect(throws: JSONError.self) { try JSON.validate(Array(whole[..<count])) }
            #expect(error?.code == .malformed)
            #expect((0...count).contains(error?.offset ?? -1), "cut at \(count)")
        }
    }

    @Test("A document with any byte changed is refused or means something else: never a trap, never the same value")
    func changeEveryByte() throws {
        let whole = Array(Self.document.utf8)
        let original = try JSONValue.parse(whole)
        var (accepted, refused) = (0, 0)
        for position in whole.indices {
            for flip in [UInt8(0x01), 0x02, 0x08, 0x20, 0x40, 0x80, 0xFF] {
                var damaged = whole
                damaged[position] ^= flip
                guard let value = try? JSONValue.parse(damaged) else {
                    refused += 1
                    continue
                }
                accepted += 1
                // White space may become other white space, and a digit in an escape change its case.
                if value == original { continue }
                #expect(try JSONValue.parse(value.serialized()) == value)
            }
        }
        #expect(accepted > 100)
        #expect(refused > 500)
    }

    @Test(
        "Random bytes and random pieces of JSON are refused or read, and what is read is written and read again alike")
    func fuzz() throws {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "1", "-", "0", ".5", "e3", "true", "null", " ",
            "\\u00",
            "\\", "é", "{\"a\":[", "]}", "18446744073709551615", "1e308", "\u{0}",
        ].map { Array($0.utf8) }
        var accepted = 0
        for seed in 0..<20_000 as Range<UInt64> {
            var generator = SeededGenerator(state: seed)
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                if Int.random(in: 0..<20, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else if let piece = pieces.randomElement(using: &generator) {
                    bytes += piece
                }
            }
            guard let value = try? JSONValue.parse(bytes) else { continue }
            accepted += 1
            let again = try JSONValue.parse(value.serialized())
            #expect(again == value, "seed \(seed)")
        }
        #expect(accepted > 200)
    }

    @Test("A decoder of a type never traps on another type's JSON")
    func decodeWrongTypes() {
        struct Everything: Codable {
            enum Choice: Codable {
                case none
                case one(Int)
                case two(String, b: Double)
            }
            var flag: Bool
            var number: Int8
            var text: String?
            var nested: [String: [Choice]]
            var bytes: [UInt8]
            var pair: [Int: Float]
        }
        let values: [JSONValue] = [
            nil, true, 300, -1, 1.5, "x", [], [[]], [300], [-1], ["a": 1], ["one": ["_0": "x"]], ["two": [:]], [:],
            ["a": [["one": [:]]]], ["1": 1e300], ["x": 1],
        ]
        let keys = ["flag", "number", "text", "nested", "bytes", "pair"]
        for seed in 0..<5_000 as Range<UInt64> {
            var generator = SeededGenerator(state: seed)
            var object = JSONObject()
            for key in keys where Bool.random(using: &generator) {
                object[key] = values.randomElement(using: &generator)
            }
            let bytes = JSONValue.object(object).serialized()
            if let error = #expect(
                throws: JSONError.self, performing: { try JSON.decode(Everything.self, from: bytes) })
            {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
