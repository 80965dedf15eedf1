import Testing

@testable import JSON

/// What `Codable` allows beyond the compiler's own coding: containers held and written to in turn, classes, `superEncoder`.
@Suite struct ContainerTests {
    typealias Key = EncodingTests.Key
    typealias Written = EncodingTests.Written

    @Test("Nested containers may be written to in turn")
    func interleaved() throws {
        let value = Written { encoder in
            var root = encoder.container(keyedBy: Key.self)
            var a = root.nestedContainer(keyedBy: Key.self, forKey: .a)
            var b = root.nestedUnkeyedContainer(forKey: .b)
            try b.encode(1)
            try a.encode("first", forKey: .a)
            try b.encode(2)
            try a.encode("second", forKey: .b)
            try root.encode(true, forKey: .c)
            try b.encode(3)
            var deep = a.nestedContainer(keyedBy: Key.self, forKey: .c)
            try root.encode(false, forKey: .d)
            try deep.encode(4, forKey: .a)
            try a.encode([5], forKey: .d)
            try deep.encode(["y": 6, "x": 7], forKey: .b)
        }
        let text =
            #"{"a":{"a":"first","b":"second","c":{"a":4,"b":{"x":7,"y":6}},"d":[5]},"b":[1,2,3],"c":true,"d":false}"#
        #expect(try encoded(value) == text)
        #expect(try encoded([value, value]) == "[\(text),\(text)]")
    }

    @Test("Nested containers that get nothing, or get it late, are empty or whole")
    func late() throws {
        let value = Written { encoder in
            var root = encoder.unkeyedContainer()
            var first = root.nestedContainer(keyedBy: Key.self)
            _ = root.nestedUnkeyedContainer()
            var third = root.nestedUnkeyedContainer()
            _ = third.nestedContainer(keyedBy: Key.self)
            try first.encode(1, forKey: .a)
            var fourth = root.nestedUnkeyedContainer()
            try third.encode(2)
            try first.encode(3, forKey: .b)
            try? first.encode(Double.nan, forKey: .c)
            try fourth.encode(4)
            // Goes back to the first, and leaves it as it was.
            try? first.encode(Double.nan, forKey: .c)
            try fourth.encode(5)
        }
        #expect(try encoded(value) == #"[{"a":1,"b":3},[],[{},2],[4,5]]"#)
    }

    @Test("A superEncoder may be used late, and for any kind of value")
    func superEncoders() throws {
        let value = Written { encoder in
            var root = encoder.container(keyedBy: Key.self)
            let parent = root.superEncoder()
            let list = root.superEncoder(forKey: .b)
            let unused = root.superEncoder(forKey: .c)
            let scalar = root.superEncoder(forKey: .d)
            try root.encode(1, forKey: .a)
            _ = unused
            try [1, 2].encode(to: list)
            try ["z": 1, "y": 2].encode(to: parent)
            try "text".encode(to: scalar)
        }
        #expect(try encoded(value) == #"{"super":{"y":2,"z":1},"b":[1,2],"c":{},"d":"text","a":1}"#)
    }

    @Test("Whatever the order of writing, each container holds what it would have held alone")
    func randomInterleaving() throws {
        for seed in 0..<500 as Range<UInt64> {
            var generator = SeededGenerator(state: seed)
            var expected: [[JSONValue]] = []
            let value = Written { encoder in
                var root = encoder.unkeyedContainer()
                var lists: [any UnkeyedEncodingContainer] = []
                for _ in 0..<Int.random(in: 1...30, using: &generator) {
                    let pick = Int.random(in: 0...lists.count, using: &generator)
                    if pick == lists.count {
                        lists.append(root.nestedUnkeyedContainer())
                        expected.append([])
                    } else if Bool.random(using: &generator) {
                        let number = Int64.random(in: -5...500, using: &generator)
                        try lists[pick].encode(number)
                        expected[pick].append(.integer(number))
                    } else {
                        var nested = lists[pick].nestedContainer(keyedBy: Key.self)
                        try nested.encode("x", forKey: .a)
                        expected[pick].append(["a": "x"])
                    }
                }
            }
            let bytes = try JSON.encode(["k": value])
            #expect(bytes == JSONValue.object(["k": .array(expected.map { .array($0) })]).serialized(), "seed \(seed)")
        }
    }

    class Animal: Codable {
        var name: String
        init(name: String) { self.name = name }
    }

    /// Its superclass has an object of its own.
    final class Dog: Animal {
        var tricks: [String]
        private enum CodingKeys: String, CodingKey { case tricks }

        init(name: String, tricks: [String]) {
            self.tricks = tricks
            super.init(name: name)
        }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            tricks = try container.decode([String].self, forKey: .tricks)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try super.encode(to: container.superEncoder())
            try container.encode(tricks, forKey: .tricks)
        }
    }

    /// It shares the object of its superclass.
    final class Cat: Animal {
        var lives: Int
        private enum CodingKeys: String, CodingKey { case lives }

        init(name: String, lives: Int) {
            self.lives = lives
            super.init(name: name)
        }

        required init(from decoder: any Decoder) throws {
            lives = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .lives)
            try super.init(from: decoder)
        }

        override func encode(to encoder: any Encoder) throws {
            try super.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(lives, forKey: .lives)
        }
    }

    @Test("Subclasses write and read beside their superclass, or with an object for it")
    func classes() throws {
        let dog = try encoded(Dog(name: "Rex", tricks: ["sit"]))
        #expect(dog == #"{"super":{"name":"Rex"},"tricks":["sit"]}"#)
        let read = try decoded(Dog.self, dog)
        #expect(read.name == "Rex" && read.tricks == ["sit"])
        #expect(message { _ = try decoded(Dog.self, #"{"tricks":[]}"#) } == "`super`: is missing, at byte 0")

        let cat = try encoded([Cat(name: "Tom", lives: 9)])
        #expect(cat == #"[{"name":"Tom","lives":9}]"#)
        #expect(try decoded([Cat].self, cat).first?.lives == 9)
    }

    @Test("Nested containers are read in any order")
    func nestedReading() throws {
        struct Reader: Decodable {
            var found: [Int] = []
            init(from decoder: any Decoder) throws {
                let root = try decoder.container(keyedBy: Key.self)
                var b = try root.nestedUnkeyedContainer(forKey: .b)
                let a = try root.nestedContainer(keyedBy: Key.self, forKey: .a)
                #expect(b.count == 4 && b.currentIndex == 0)
                found.append(try b.decode(Int.self))
                found.append(try a.decode(Int.self, forKey: .c))
                let isNull = try b.decodeNil()
                #expect(isNull && b.currentIndex == 2)
                var inner = try b.nestedUnkeyedContainer()
                found.append(try inner.decode(Int.self))
                #expect(PathKey.text(inner.codingPath) == "b[2]")
                found.append(try a.decodeIfPresent(Int.self, forKey: .d) ?? -1)
                let last = try b.nestedContainer(keyedBy: Key.self)
                #expect(b.isAtEnd && last.allKeys == [.d] && last.contains(.d) && !last.contains(.a))
                #expect(try last.decodeNil(forKey: .d))
            }
        }
        let text = #"{"a":{"x":0,"c":2},"b":[1,null,[3],{"d":null}]}"#
        #expect(try decoded(Reader.self, text).found == [1, 2, 3, -1])
    }
}
