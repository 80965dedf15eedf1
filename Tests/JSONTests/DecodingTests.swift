import Testing

@testable import JSON

@Suite struct DecodingTests {
    struct Increment: Codable, Equatable { var by: Int }

    enum Event: Codable, Equatable {
        case incremented(by: Int)
        case closed
    }

    struct Order: Codable, Equatable {
        struct Item: Codable, Equatable {
            var name: String
            var price: Int?
        }
        var items: [Item]
        var notes: [String: Item]?
    }

    @Test("A value of the wrong type is an error that names the member and the byte")
    func namesThePlace() {
        let cases: [(String, String)] = [
            (#"{"by":"1"}"#, "`by`: expected an integer, found a string, at byte 6"),
            (#"{"by":1.5}"#, "`by`: expected an integer, found a number with a fraction or an exponent, at byte 6"),
            (#"{"by":1e2}"#, "`by`: expected an integer, found a number with a fraction or an exponent, at byte 6"),
            (#"{"by":null}"#, "`by`: expected an integer, found null, at byte 6"),
            (#"{"by":true}"#, "`by`: expected an integer, found true, at byte 6"),
            (#"{"by":[1]}"#, "`by`: expected an integer, found an array, at byte 6"),
            (#"{"amount":1}"#, "`by`: is missing, at byte 0"),
            ("[1]", "expected an object, found an array, at byte 0"),
            (#" "x""#, "expected an object, found a string, at byte 1"),
            (
                #"{"by":9223372036854775808}"#,
                "`by`: 9223372036854775808 does not fit -9223372036854775808…9223372036854775807, at byte 6"
            ),
        ]
        for (text, expected) in cases {
            #expect(message { _ = try decoded(Increment.self, text) } == expected)
        }
    }

    @Test("An error deep within names the whole path")
    func namesTheWholePath() {
        let cases: [(String, String)] = [
            (
                #"{"items":[{"name":"a"},{"name":1}]}"#,
                "`items[1].name`: expected a string, found an integer, at byte 31"
            ),
            (
                #"{"items":[{"name":"a","price":"x"}]}"#,
                "`items[0].price`: expected an integer, found a string, at byte 30"
            ),
            (#"{"items":[{}]}"#, "`items[0].name`: is missing, at byte 10"),
            (
                #"{"items":[],"notes":{"x":{"name":"n"},"y":3}}"#,
                "`notes.y`: expected an object, found an integer, at byte 42"
            ),
        ]
        for (text, expected) in cases { #expect(message { _ = try decoded(Order.self, text) } == expected) }
        #expect(
            message { _ = try decoded([[Int]].self, "[[1],[2,3,true]]") }
                == "`[1][2]`: expected an integer, found true, at byte 10")
    }

    @Test("Errors have codes to go by")
    func codes() {
        #expect(code { _ = try decoded(Increment.self, #"{"by":""}"#) } == .typeMismatch)
        #expect(code { _ = try decoded(Increment.self, "{}") } == .missing)
        #expect(code { _ = try decoded(UInt8.self, "256") } == .outOfRange)
        #expect(code { _ = try decoded(Increment.self, "{") } == .malformed)
        #expect(code { _ = try decoded(Event.self, #"{"opened":{}}"#) } == .invalidValue)
    }

    @Test("A case that the program does not know is named")
    func unknownCase() {
        #expect(
            message { _ = try decoded([Event].self, #"[{"closed":{}},{"opened":{}}]"#) }
                == "`[1]`: expected one key that names a case of Event, found `opened`, at byte 15")
        #expect(
            message { _ = try decoded(Event.self, "{}") }
                == "expected one key that names a case of Event, found none, at byte 0")
        #expect(
            message { _ = try decoded(Event.self, #"{"closed":{},"incremented":{"by":1}}"#) }
                == "expected one key that names a case of Event, found `closed`, `incremented`, at byte 0")
    }

    @Test("An error thrown by a type's own code keeps its cause and gets its place")
    func ownErrors() throws {
        struct Refusal: Error, Equatable {}
        struct Picky: Decodable {
            init(from decoder: any Decoder) throws {
                _ = try decoder.singleValueContainer().decode(Int.self)
                throw Refusal()
            }
        }
        let error = #expect(throws: JSONError.self) { try decoded([String: [Picky]].self, #"{"a":[],"b":[7]}"#) }
        #expect(error?.description == "`b[0]`: Refusal(), at byte 13")
        #expect(error?.cause as? Refusal == Refusal())
        #expect(error?.code == .invalidValue)
    }

    @Test("What the standard library refuses gets its place too")
    func standardErrors() {
        enum Colour: String, Codable { case red }
        let text = #"[{"x":"red"},{"x":"blue"}]"#
        let error = #expect(throws: JSONError.self) { try decoded([[String: Colour]].self, text) }
        #expect(error?.path == "[1].x")
        #expect(error?.offset == 18)
        #expect(error?.reason.contains("blue") == true)
    }

    @Test("A type may catch the standard library's errors and try another way")
    func standardErrorsCanBeCaught() throws {
        struct Lenient: Decodable {
            var value: String
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                do {
                    value = try container.decode(String.self)
                } catch DecodingError.typeMismatch {
                    value = String(try container.decode(Int.self))
                }
            }
        }
        #expect(try decoded([Lenient].self, #"["a",2]"#).map(\.value) == ["a", "2"])
        #expect(
            message { _ = try decoded([Lenient].self, "[null]") }
                == "`[0]`: expected a string, found null, at byte 1")
    }

    @Test("Integers are exact up to the borders of every type, and refused beyond")
    func integersAreExact() throws {
        func check<Value: FixedWidthInteger & Codable>(_: Value.Type) throws {
            try expectRoundTrip(Value.min, "\(Value.min)")
            try expectRoundTrip(Value.max, "\(Value.max)")
            let above = "\(Value.max)".dropLast() + String(Int("\(Value.max)".suffix(1))! + 1)
            #expect(code { _ = try decoded(Value.self, String(above)) } == .outOfRange)
            if Value.isSigned {
                let below = "\(Value.min)".dropLast() + String(Int("\(Value.min)".suffix(1))! + 1)
                #expect(code { _ = try decoded(Value.self, String(below)) } == .outOfRange)
            } else {
                #expect(code { _ = try decoded(Value.self, "-1") } == .outOfRange)
            }
            #expect(try decoded(Value.self, "-0") == 0)
            #expect(code { _ = try decoded(Value.self, "1" + String(repeating: "0", count: 5_000)) } == .outOfRange)
            #expect(try decoded(Value.self, "1.0") == 1 && decoded(Value.self, "-0.000") == 0)
            #expect(try decoded(Value.self, "\(Value.max).0") == Value.max && decoded(Value.self, "\(Value.min).00") == Value.min)
            #expect(code { _ = try decoded(Value.self, "1" + String(repeating: "0", count: 5_000) + ".0") } == .outOfRange)
            for text in ["1.5", "1.01", "1e1", "1.0e1", "1.0E0", "0.0000001"] {
                #expect(code { _ = try decoded(Value.self, text) } == .typeMismatch)
            }
        }
        try check(Int.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(Int128.self)
        try check(UInt.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(UInt128.self)
        #expect(try decoded(Int64.self, "9007199254740993") == 9_007_199_254_740_993)
    }

    @Test("Floating-point numbers are the nearest, and refused when there is none")
    func doubles() throws {
        #expect(try decoded(Double.self, "0.1") == 0.1)
        #expect(try decoded(Double.self, "3") == 3)
        #expect(try decoded(Double.self, "-0").sign == .minus)
        #expect(try decoded(Double.self, "1e-999") == 0)
        #expect(try decoded(Double.self, "9007199254740993") == 9_007_199_254_740_992)
        #expect(
            message { _ = try decoded([Double].self, "[1e999]") } == "`[0]`: 1e999 does not fit a Double, at byte 1")
        #expect(code { _ = try decoded(Float.self, "1e39") } == .outOfRange)
        #expect(code { _ = try decoded(Double.self, #""NaN""#) } == .typeMismatch)
        // Rounded by way of a Double it would be 16777216: halfway, then to even.
        #expect(try decoded(Float.self, "16777217.0000000001") == 16_777_218)
    }

    @Test("Members may come in any order, and those not asked for are ignored")
    func order() throws {
        struct Three: Codable, Equatable { var a, b, c: Int }
        for text in [
            #"{"a":1,"b":2,"c":3}"#, #"{"c":3,"x":[{"a":9}],"b":2,"y":{"b":8},"a":1}"#, #"{"b":2,"c":3,"a":1}"#,
        ] {
            #expect(try decoded(Three.self, text) == Three(a: 1, b: 2, c: 3))
        }
    }

    @Test("Keys are compared by their code points, escaped or not")
    func keys() throws {
        struct Accents: Codable, Equatable { var é: Int, naïve: Int }
        #expect(try decoded(Accents.self, #"{"\u00e9":1,"na\u00EFve":2}"#) == Accents(é: 1, naïve: 2))
        #expect(code { _ = try decoded(Accents.self, #"{"e\u0301":1,"na\u00EFve":2}"#) } == .missing)
    }

    @Test("Two keys that a Dictionary holds for one are refused, not merged")
    func equivalentKeys() throws {
        let text = #"{"e\u0301":1,"x":0,"\u00e9":2}"#
        #expect(try JSONValue.parse(text).object?.count == 3)
        let error = #expect(throws: JSONError.self) { try decoded([String: Int].self, text) }
        #expect(error?.code == .duplicateKey)
        #expect(try decoded([String: Int].self, #"{"e\u0301":1,"e":2}"#) == ["e\u{301}": 1, "e": 2])
    }

    @Test("A large dictionary is decoded in time that grows with its size")
    func largeDictionary() throws {
        let members = (0..<20_000).map { "\"key\($0)\":[\($0)]" }
        let values = try decoded([String: [Int]].self, "{\(members.joined(separator: ","))}")
        #expect(values.count == 20_000)
        #expect(values["key19999"] == [19_999])
    }

    @Test("An optional may be null or missing; a member that is asked for may not")
    func optionals() throws {
        #expect(try decoded(Order.Item.self, #"{"name":"a"}"#).price == nil)
        #expect(try decoded(Order.Item.self, #"{"name":"a","price":null}"#).price == nil)
        #expect(try decoded([Int?].self, "[1,null]") == [1, nil])
        #expect(try decoded([String: Int?].self, #"{"a":null}"#) == ["a": nil])
        #expect(code { _ = try decoded(Order.Item.self, #"{"name":null}"#) } == .typeMismatch)
    }

    @Test("A container that is read beyond its end says so")
    func beyondTheEnd() {
        struct Pair: Decodable {
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                _ = try container.decode(Int.self)
                _ = try container.decode(Int.self)
            }
        }
        #expect(message { _ = try decoded([Pair].self, "[[1,2],[1]]") } == "`[1]`: has no element 1, at byte 7")
    }

    @Test("Messages bound what they show of keys and numbers from outside")
    func messagesAreBounded() {
        let long = String(repeating: "k", count: 10_000)
        let text = message { _ = try decoded([String: Int].self, "{\"\(long)\\u0000\":true}") }
        #expect((text?.count ?? 1_000) < 200)
        let digits = message { _ = try decoded(Int.self, String(repeating: "9", count: 10_000)) }
        #expect((digits?.count ?? 1_000) < 200)
        #expect(message { _ = try decoded([String: Int].self, #"{"a\nb":true}"#) }?.contains("\n") == false)
    }
}
