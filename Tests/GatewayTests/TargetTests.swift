import Testing

@testable import Gateway

@Suite struct TargetTests {
    @Test func `paths are decoded once, by segment`() throws {
        let target = try RequestTarget("/v1/entities/counter/a%2Fb%252F/increment?x=%20y&z")
        #expect(target.place == .member(kind: "counter", id: Array("a/b%2F".utf8), name: "increment"))
        #expect(target.query.map(\.name) == ["x", "z"] && target.query.map(\.value) == [" y", ""])
    }

    @Test func `the absolute form is read as well`() throws {
        #expect(try RequestTarget("http://host:1/v1/cluster?a=b").place == .cluster)
        #expect(try RequestTarget("http://host").place == .dashboard)
    }

    @Test func `no text makes it trap`() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["/", "v1", "entities", "%", "%4", "%41", "?", "=", "&", "a", "é", "\u{0}", "://", "#", "+", ".."]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
            _ = try? RequestTarget(text.joined())
        }
    }

    @Test func `times have their text`() {
        #expect(Timestamp.iso8601(milliseconds: 0) == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.iso8601(milliseconds: 951_782_400_123) == "2000-02-29T00:00:00.123Z")
        #expect(Timestamp.iso8601(milliseconds: 1_772_366_400_999) == "2026-03-01T12:00:00.999Z")
        #expect(Timestamp.iso8601(milliseconds: -1) == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp.iso8601(milliseconds: 4_102_444_799_000) == "2099-12-31T23:59:59.000Z")
        for extreme in [Int64.min, .max] { #expect(Timestamp.iso8601(milliseconds: extreme).hasSuffix("Z")) }
    }
}
