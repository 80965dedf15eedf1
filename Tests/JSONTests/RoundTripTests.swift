import Testing

@testable import JSON

@Suite struct RoundTripTests {
    enum Event: Codable, Equatable {
        case incremented(by: Int)
        case closed
        case renamed(String, at: Double?)
        indirect case both(Event, Event)
    }

    enum Colour: String, Codable, CodingKeyRepresentable { case red, green }
    enum Level: Int, Codable {
        case low = 1
        case high
    }

    @Test("Events are one-key objects, as the compiler's coding of enumerations has it")
    func enumerations() throws {
        try expectRoundTrip(
            [Event.incremented(by: 1), .closed, .renamed("a\"b", at: 0.1), .renamed("", at: nil)],
            #"[{"incremented":{"by":1}},{"closed":{}},{"renamed":{"_0":"a\"b","at":0.1}},{"renamed":{"_0":""}}]"#)
        try expectRoundTrip(
            Event.both(.closed, .both(.incremented(by: .min), .closed)),
            #"{"both":{"_0":{"closed":{}},"_1":{"both":{"_0":{"incremented":{"by":-9223372036854775808}},"_1":{"closed":{}}}}}}"#
        )
        try expectRoundTrip([Colour.red, .green], #"["red","green"]"#)
        try expectRoundTrip([Level.high, .low], "[2,1]")
    }

    struct Everything: Codable, Equatable {
        var flag = true
        var integers: [Int64] = [.min, -1, 0, 1, .max]
        var unsigned: [UInt64] = [0, .max]
        var small: Int8 = -128
        var wide: UInt128 = .max
        var double = 0.1
        var float: Float = 0.1
        var text = "\u{0}\"\\/é😀\u{10FFFF}\r\n"
        var missing: Int?
        var there: Int? = 7
        var nested: [[Int]] = [[], [1], [2, 3]]
        var optionals: [Int?] = [nil, 1]
        var bytes: [UInt8] = [0, 9, 10, 99, 100, 255]
        var byName: [String: Event] = ["b": .closed, "a": .incremented(by: 2)]
        var byNumber: [Int: String] = [-1: "x", 20: "y", 3: "z"]
        var byUnsigned: [UInt64: Bool] = [.max: true]
        var byColour: [Colour: Int] = [.red: 1, .green: 2]
        var byLevel: [Level: Int] = [.low: 1, .high: 2]
        var set: Set<String> = ["q", "p"]
        var range = 1..<5
        var other: JSONValue = ["z": nil, "a": [1, 2.5, "x", true]]
        var tree: [String: [String: [Int]]] = ["a": ["b": [1]], "c": [:]]
    }

    @Test("A type with members of every kind")
    func everything() throws {
        let text =
            #"{"flag":true,"integers":[-9223372036854775808,-1,0,1,9223372036854775807],"unsigned":[0,18446744073709551615],"#
            + #""small":-128,"wide":340282366920938463463374607431768211455,"double":0.1,"float":0.1,"#
            + #""text":"\u0000\"\\/é😀\#u{10FFFF}\r\n","there":7,"nested":[[],[1],[2,3]],"optionals":[null,1],"#
            + #""bytes":[0,9,10,99,100,255],"byName":{"a":{"incremented":{"by":2}},"b":{"closed":{}}},"#
            + #""byNumber":{"-1":"x","20":"y","3":"z"},"byUnsigned":[18446744073709551615,true],"#
            + #""byColour":{"green":2,"red":1},"byLevel":[1,1,2,2],"set":["p","q"],"range":[1,5],"#
            + #""other":{"z":null,"a":[1,2.5,"x",true]},"tree":{"a":{"b":[1]},"c":{}}}"#
        try expectRoundTrip(Everything(), text)
    }

    @Test("Scalars stand alone as well as anything")
    func scalars() throws {
        try expectRoundTrip(15, "15")
        try expectRoundTrip("x", #""x""#)
        try expectRoundTrip(true, "true")
        try expectRoundTrip(Int?.none, "null")
        try expectRoundTrip([UInt8](), "[]")
        try expectRoundTrip([[UInt8]](arrayLiteral: [1], [2, 3]), "[[1],[2,3]]")
    }

    @Test("Bytes are numbers from 0 to 255, and nothing else")
    func bytes() throws {
        let all = (0...255).map { UInt8($0) }
        try expectRoundTrip(all, "[" + all.map(String.init).joined(separator: ",") + "]")
        #expect(
            message { _ = try decoded([String: [UInt8]].self, #"{"a":[1,256]}"#) }
                == "`a[1]`: 256 does not fit 0…255, at byte 8")
        #expect(
            message { _ = try decoded([UInt8].self, "[1,[2]]") }
                == "`[1]`: expected an integer, found an array, at byte 3")
        #expect(
            message { _ = try decoded([UInt8].self, #""AQ==""#) }
                == "expected an array of numbers, found a string, at byte 0")
    }

    @Test("The same value is the same bytes, whatever the order in which a set or dictionary came to be")
    func deterministic() throws {
        let expected = try JSON.encode(Everything())
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(state: seed)
            var value = Everything()
            value.byNumber = Dictionary(uniqueKeysWithValues: value.byNumber.shuffled(using: &generator))
            value.set = Set(value.set.shuffled(using: &generator))
            value.byLevel = Dictionary(
                value.byLevel.shuffled(using: &generator), uniquingKeysWith: { left, _ in left })
            value.byLevel.reserveCapacity(Int.random(in: 0...100, using: &generator))
            value.byName.reserveCapacity(Int.random(in: 0...100, using: &generator))
            #expect(try JSON.encode(value) == expected)
        }
    }
}
