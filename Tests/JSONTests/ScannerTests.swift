import Testing

@testable import JSON

@Suite struct ScannerTests {
    @Test(
        "What RFC 8259 allows is read",
        arguments: [
            "null", "true", "false", "0", "-0", "10", "-1", "1.5", "-0.0", "1e5", "1E+5", "1e-5", "0e0", "1.25e10",
            #""""#, #""a""#, "[]", "{}", " [ ] ", "\t{\n}\r\n", "[1]", "[1,2]", "[[],[]]", #"{"a":1}"#,
            #"{"":0}"#, #"{"a":{"a":[{"a":null}]}}"#, #" { "a" : 1 , "b" : [ true , false ] } "#,
            #""\"\\\/\b\f\n\r\t""#,
            #""\u0000""#, #""\u00e9\uABCD""#, #""\ud83d\uDE00""#, "\"é漢😀\u{10FFFF}\"", "\"\u{7F}\u{FFFE}\"",
            #"{"a":1,"A":2,"\u0062":3,"c":4}"#, #"{"e\u0301":1,"\u00e9":2}"#,
        ])
    func reads(text: String) throws {
        try JSON.validate(Array(text.utf8))
    }

    @Test(
        "What RFC 8259 does not allow is refused, with the place",
        arguments: [
            ("", "expected a value, but the text ends, at byte 0"),
            ("  ", "expected a value, but the text ends, at byte 2"),
            ("nul", "expected `null`, but the text ends, at byte 3"),
            ("nulL", "expected a value, found a word that is not `null`, at byte 0"),
            ("True", "expected a value, found `T`, at byte 0"), ("NaN", "expected a value, found `N`, at byte 0"),
            ("Infinity", "expected a value, found `I`, at byte 0"),
            ("'a'", "expected a value, found `'`, at byte 0"),
            ("nullx", "expected the end of the text, found `x`, at byte 4"),
            ("1 2", "expected the end of the text, found `2`, at byte 2"),
            ("{}}", "expected the end of the text, found `}`, at byte 2"),
            ("+1", "expected a value, found `+`, at byte 0"), (".5", "expected a value, found `.`, at byte 0"),
            ("-", "expected a digit, but the text ends, at byte 1"), ("-a", "expected a digit, found `a`, at byte 1"),
            ("01", "a number starts with a superfluous 0, at byte 0"),
            ("-00", "a number starts with a superfluous 0, at byte 0"),
            ("1.", "expected a digit after the `.`, but the text ends, at byte 2"),
            ("1.e5", "expected a digit after the `.`, found `e`, at byte 2"),
            ("1e", "expected a digit of the exponent, but the text ends, at byte 2"),
            ("1e+", "expected a digit of the exponent, but the text ends, at byte 3"),
            ("0x10", "expected the end of the text, found `x`, at byte 1"),
            ("1_000", "expected the end of the text, found `_`, at byte 1"),
            ("[1,]", "expected a value, found `]`, at byte 3"), ("[,1]", "expected a value, found `,`, at byte 1"),
            ("[1 2]", "expected `,` or `]`, found `2`, at byte 3"),
            ("[1", "expected `,` or `]`, but the text ends, at byte 2"),
            ("[1}", "expected `,` or `]`, found `}`, at byte 2"), ("]", "expected a value, found `]`, at byte 0"),
            ("{a:1}", "expected a key in quotes or `}`, found `a`, at byte 1"),
            ("{1:1}", "expected a key in quotes or `}`, found `1`, at byte 1"),
            (#"{"a":1,}"#, "expected a key in quotes, found `}`, at byte 7"),
            (#"{"a" 1}"#, "expected `:`, found `1`, at byte 5"), (#"{"a":}"#, "expected a value, found `}`, at byte 5"),
            (#"{"a":1"#, "expected `,` or `}`, but the text ends, at byte 6"),
            (#"{"a":1 "b":2}"#, #"expected `,` or `}`, found `"`, at byte 7"#),
            (#"{"a""#, "expected `:`, but the text ends, at byte 4"),
            ("{", "expected a key in quotes or `}`, but the text ends, at byte 1"),
            ("[1] // no", "expected the end of the text, found `/`, at byte 4"),
            ("\u{FEFF}1", "expected a value, found the byte 0xEF, at byte 0"),
            ("\u{B}1", "expected a value, found the byte 0xB, at byte 0"),
            ("1\u{0}", "expected the end of the text, found the byte 0x0, at byte 1"),
            ("\u{A0}1", "expected a value, found the byte 0xC2, at byte 0"),
        ])
    func refuses(text: String, expected: String) {
        #expect(message { try JSON.validate(Array(text.utf8)) } == expected)
        #expect(code { try JSON.validate(Array(text.utf8)) } == .malformed)
    }

    @Test(
        "Strings that are not well formed are refused",
        arguments: [
            (#"""#, "the text ends within the string that starts at byte 0, at byte 1"),
            (#""\"#, "expected the rest of an escape, but the text ends, at byte 2"),
            (#""\x""#, "there is no such escape, at byte 1"), (#""\'""#, "there is no such escape, at byte 1"),
            (#""\u12"#, "expected a hexadecimal digit, but the text ends, at byte 5"),
            (#""\u12g4""#, "expected a hexadecimal digit, found `g`, at byte 5"),
            (#""\uD800""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uDC00""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uD800\n""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uD800\u0041""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uD800\uD800""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uDC00\uDC00""#, "half of a surrogate pair stands alone, at byte 1"),
            (#""\uDC00\uD800""#, "half of a surrogate pair stands alone, at byte 1"),
            ("\"a\nb\"", "a control character stands in a string without an escape, at byte 2"),
            ("\"\u{0}\"", "a control character stands in a string without an escape, at byte 1"),
            ("\"\u{1F}\"", "a control character stands in a string without an escape, at byte 1"),
        ])
    func refusesStrings(text: String, expected: String) {
        #expect(message { try JSON.validate(Array(text.utf8)) } == expected)
    }

    @Test(
        "Bytes that are not UTF-8 are refused, as The Unicode Standard's table 3-7 has it",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xC2, 0xC2], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80, 0x41], [0xF1, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func refusesBytes(bytes: [UInt8]) {
        #expect(message { try JSON.validate([0x22] + bytes + [0x22]) } == "a string is not UTF-8, at byte 1")
        #expect(throws: JSONError.self) { try JSON.validate([0x22] + bytes) }
    }

    @Test("Every Unicode scalar value is read, as it stands and escaped")
    func readsEveryScalar() throws {
        for value in UInt32(0x20)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), value != 0x22, value != 0x5C else { continue }
            // The borders of each length and the surrogates' neighbours, and a sample of the rest.
            guard value < 0x900 || (value + 16) & 0x7FF < 32 || value % 2003 == 0 else { continue }
            let text = String(Character(scalar))
            #expect(try decoded(String.self, "\"\(text)\"").unicodeScalars.elementsEqual([scalar]))
            var escaped = ""
            for unit in text.utf16 {
                let digits = String(unit, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            #expect(try decoded(String.self, "\"\(escaped)\"").unicodeScalars.elementsEqual([scalar]))
        }
    }

    @Test(
        "A key twice in one object is refused, however it is escaped and however many there are",
        arguments: [
            (#"{"a":1,"a":1}"#, "the key `a` stands twice in one object, at byte 7"),
            (#"{"b":1,"a":2,"b":3}"#, "the key `b` stands twice in one object, at byte 13"),
            (#"{"a":1,"\u0061":1}"#, "the key `a` stands twice in one object, at byte 7"),
            (#"{"\u00e9":1,"é":1}"#, "the key `é` stands twice in one object, at byte 12"),
            (#"{"":1,"":1}"#, "the key `` stands twice in one object, at byte 6"),
            (#"[{"x":{"a":1,"c":2,"a":{}}}]"#, "the key `a` stands twice in one object, at byte 19"),
        ])
    func refusesDuplicateKeys(text: String, expected: String) {
        #expect(message { try JSON.validate(Array(text.utf8)) } == expected)
        #expect(code { try JSON.validate(Array(text.utf8)) } == .duplicateKey)
    }

    @Test("A key twice is found among many", arguments: [2, 15, 16, 17, 18, 500])
    func findsDuplicateAmongMany(count: Int) throws {
        var keys = (0..<count).map { "\"k\(($0 * 7919) % 1009)\":\($0)" }
        try JSON.validate(Array("{\(keys.joined(separator: ","))}".utf8))
        keys.append("\"k0\":0")
        #expect(code { try JSON.validate(Array("{\(keys.joined(separator: ","))}".utf8)) } == .duplicateKey)
    }

    @Test("Sixty-four arrays and objects may stand within one another, and no more")
    func boundsDepth() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        try JSON.validate(nested(64, "[", "]"))
        try JSON.validate(nested(64, #"{"a":"#, "}"))
        try JSON.validate(nested(32, #"[{"a":"#, "}]"))
        let expected = "more than 64 arrays and objects stand within one another, at byte 64"
        #expect(message { try JSON.validate(nested(65, "[", "]")) } == expected)
        #expect(code { try JSON.validate(nested(65, #"{"a":"#, "}")) } == .tooDeep)
        #expect(code { try JSON.validate(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) } == .tooDeep)
    }
}
