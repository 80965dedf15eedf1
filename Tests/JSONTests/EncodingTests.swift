import Testing

@testable import JSON

@Suite struct EncodingTests {
    enum Key: String, CodingKey { case a, b, c, d }

    /// A type whose `encode(to:)` is `write`.
    struct Written: Encodable {
        var write: (any Encoder) throws -> Void
        func encode(to encoder: any Encoder) throws { try write(encoder) }
    }

    struct Refusal: Error {}

    @Test("Members stand in the order in which they were written")
    func order() throws {
        struct Unsorted: Encodable {
            var zebra = 1
            var apple = [true, false]
            var middle: Int?
            var mango = "m"
        }
        #expect(try encoded(Unsorted()) == #"{"zebra":1,"apple":[true,false],"mango":"m"}"#)
    }

    @Test("Dictionaries are sorted by the bytes of their keys")
    func dictionaries() throws {
        #expect(
            try encoded(["b": 1, "a": 2, "a!": 3, "a b": 4, "é": 5, "": 6, "B": 7])
                == #"{"":6,"B":7,"a":2,"a b":4,"a!":3,"b":1,"é":5}"#)
        #expect(try encoded([2: "b", 10: "c", 1: "a", -1: "z"]) == #"{"-1":"z","1":"a","10":"c","2":"b"}"#)
        #expect(try encoded([["y": ["b": 1, "a": 2], "x": [:]]]) == #"[{"x":{},"y":{"a":2,"b":1}}]"#)
        #expect(try encoded([String: Int]()) == "{}")
        let many = Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("k\($0 * 7919 % 1009)", [$0: "\($0)"]) })
        let keys = try JSONValue.parse(JSON.encode(many)).object?.keys ?? []
        #expect(keys == keys.sorted() && keys.count == 1_000)
    }

    @Test("Sets, and dictionaries that are arrays, are sorted by the bytes of their elements")
    func sets() throws {
        struct Point: Hashable, Codable { var x, y: Int }
        #expect(try encoded(Set(["b", "a", "a b", "a!"])) == #"["a","a b","a!","b"]"#)
        #expect(try encoded(["s": Set([3, 1, 2])]) == #"{"s":[1,2,3]}"#)
        #expect(try encoded(Set([Point(x: 2, y: 1), Point(x: 1, y: 2)])) == #"[{"x":1,"y":2},{"x":2,"y":1}]"#)
        #expect(
            try encoded([Point(x: 2, y: 1): "q", Point(x: 1, y: 2): "p"]) == #"[{"x":1,"y":2},"p",{"x":2,"y":1},"q"]"#)
        #expect(try encoded(Set([Set([2, 1]), Set([0])])) == "[[0],[1,2]]")
        #expect(try encoded(Set<Int>()) == "[]")
        #expect(try encoded([3, 1, 2]) == "[3,1,2]")
    }

    @Test("A type's own members may stand beside a dictionary's")
    func flattened() throws {
        let before = Written { encoder in
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: .d)
            try ["c": 2, "a": 3].encode(to: encoder)
        }
        #expect(try encoded(before) == #"{"d":1,"a":3,"c":2}"#)
        let after = Written { encoder in
            try ["c": 2, "a": 3].encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: .b)
            try container.encode(["z": 1, "y": 2], forKey: .d)
        }
        #expect(try encoded(after) == #"{"a":3,"c":2,"b":1,"d":{"y":2,"z":1}}"#)
    }

    @Test("Two keys of a dictionary that are written alike are refused")
    func duplicateKeys() {
        struct Folded: Hashable, CodingKeyRepresentable, Encodable {
            var text: String
            var codingKey: any CodingKey { PathKey(stringValue: text.lowercased()) }
            init(_ text: String) { self.text = text }
            init?(codingKey: some CodingKey) { text = codingKey.stringValue }
        }
        #expect(
            message { _ = try encoded(["x": [Folded("a"): 1, Folded("A"): 2]]) }
                == "`x`: two keys of a dictionary are both written `a`")
    }

    @Test("Control characters, quotes and backslashes are escaped, and nothing else")
    func escapes() throws {
        #expect(
            try encoded("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é😀\u{2028}")
                == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}é😀\u{2028}\"")
        #expect(try encoded(["k\"\n": 1]) == #"{"k\"\n":1}"#)
        for value in UInt32(0)...0x2FF {
            let text = "a" + String(Character(Unicode.Scalar(value)!)) + "b"
            #expect(try decoded(String.self, encoded(text)) == text)
        }
    }

    @Test("Numbers are the shortest text that reads back alike")
    func numbers() throws {
        let doubles: [(Double, String)] = [
            (0.1, "0.1"), (1, "1.0"), (-0.0, "-0.0"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"),
            (1.0 / 3, "0.3333333333333333"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (123_456_789.125, "123456789.125"),
        ]
        for (value, text) in doubles { try expectRoundTrip(value, text) }
        try expectRoundTrip(Float(0.1), "0.1")
        try expectRoundTrip(Float.greatestFiniteMagnitude, "3.4028235e+38")
        try expectRoundTrip(Float.leastNonzeroMagnitude, "1e-45")
        var generator = SeededGenerator(state: 7)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { #expect(try decoded(Double.self, encoded(value)).bitPattern == value.bitPattern) }
            let small = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            if small.isFinite { #expect(try decoded(Float.self, encoded(small)).bitPattern == small.bitPattern) }
            let integer = Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0...63, using: &generator)
            try expectRoundTrip(integer, "\(integer)")
        }
    }

    @Test("What is not a number is refused, with its path")
    func notANumber() {
        struct Reading: Encodable { var values: [String: [Double]] }
        #expect(
            message { _ = try encoded(Reading(values: ["a": [1], "b": [2, .nan]])) }
                == "`values.b[1]`: JSON has no number nan"
                || message { _ = try encoded(Reading(values: ["b": [2, .nan]])) }
                    == "`values.b[1]`: JSON has no number nan"
        )
        #expect(code { _ = try encoded(Double.infinity) } == .notANumber)
        #expect(code { _ = try encoded(-Float.infinity) } == .notANumber)
    }

    @Test("A value that cannot be written leaves nothing behind when its error is caught")
    func rollBack() throws {
        let value = Written { encoder in
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: .a)
            try? container.encode(Double.nan, forKey: .b)
            try? container.encode(
                Written { encoder in
                    var inner = encoder.container(keyedBy: Key.self)
                    var first = inner.nestedContainer(keyedBy: Key.self, forKey: .a)
                    try inner.encode(["y": 1, "x": 2], forKey: .b)
                    try first.encode(1, forKey: .c)
                    throw Refusal()
                }, forKey: .c)
            var list = container.nestedUnkeyedContainer(forKey: .d)
            try? list.encode(Float.infinity)
            try? list.encode(["b": 1, "a": Double.nan])
            #expect(list.count == 0)
            try list.encode(2)
            #expect(list.count == 1)
        }
        #expect(try encoded(value) == #"{"a":1,"d":[2]}"#)
        let second = Written { encoder in
            var container = encoder.singleValueContainer()
            do { try container.encode(Double.nan) } catch { try container.encode("no number") }
        }
        #expect(try encoded([second, second]) == #"["no number","no number"]"#)
    }

    @Test("What is left of a dictionary that cannot be written does not disturb the order of one around it")
    func rollBackWithinSorting() throws {
        let value = Written { encoder in
            var container = encoder.container(keyedBy: Key.self)
            try? container.encode(["y": 1, "x": Double.nan, "w": 2], forKey: .a)
            try container.encode(["q": 1, "p": 2], forKey: .b)
        }
        let text = #"{"b":{"p":2,"q":1}}"#
        #expect(try encoded(["3": value, "1": value, "2": value]) == "{\"1\":\(text),\"2\":\(text),\"3\":\(text)}")
    }

    @Test("An error thrown by a type's own code keeps its cause")
    func ownErrors() {
        let error = #expect(throws: JSONError.self) { try encoded([Written { _ in throw Refusal() }]) }
        #expect(error?.code == .invalidValue)
        #expect(error?.cause is Refusal)
    }

    @Test("Nothing deeper is written than can be read")
    func depth() throws {
        indirect enum Chain: Codable {
            case end
            case link([Chain])
        }
        // Each link is an object, an object of its values, and an array; the end is two objects.
        func chain(_ links: Int) -> Chain { (0..<links).reduce(Chain.end) { chain, _ in .link([chain]) } }
        let deepest = try JSON.encode(chain(20))
        _ = try JSON.decode(Chain.self, from: deepest)
        #expect(code { _ = try JSON.encode([[[chain(20)]]]) } == .tooDeep)
        _ = try JSON.encode([[chain(20)]])
        #expect(code { _ = try JSON.encode(chain(10_000)) } == .tooDeep)

        final class Cycle: Encodable {
            var next: Cycle?
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(next)
            }
        }
        let cycle = Cycle()
        cycle.next = cycle
        defer { cycle.next = nil }
        #expect(code { _ = try JSON.encode(cycle) } == .tooDeep)
    }

    @Test("A value that writes nothing is an object without members")
    func nothing() throws {
        struct Nothing: Codable, Equatable {}
        try expectRoundTrip(Nothing(), "{}")
        try expectRoundTrip([Nothing(), Nothing()], "[{},{}]")
        #expect(try encoded(Written { _ in }) == "{}")
        #expect(try encoded(Int?.none) == "null")
    }

    @Test("Coding paths say where an encoder and its containers stand")
    func codingPaths() throws {
        var paths: [String] = []
        let value = Written { encoder in
            paths.append(PathKey.text(encoder.codingPath))
            var container = encoder.container(keyedBy: Key.self)
            try container.encode("x\"},[\\", forKey: .a)
            paths.append(PathKey.text(container.codingPath))
            var list = container.nestedUnkeyedContainer(forKey: .b)
            try list.encode(1)
            let inner = list.nestedContainer(keyedBy: Key.self)
            paths.append(PathKey.text(inner.codingPath))
            paths.append(PathKey.text(list.superEncoder().codingPath))
            paths.append(PathKey.text(container.superEncoder().codingPath))
        }
        _ = try JSON.encode(["k": [value]])
        #expect(paths == ["k[0]", "k[0]", "k[0].b[1]", "k[0].b[2]", "k[0].super"])
    }
}
