import Testing

@testable import Journal

@Suite struct JSONArrayTests {
    private func cut(_ text: String) -> [String] {
        JSONArray.elements(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `elements are cut where they end`() {
        #expect(cut("[]") == [])
        #expect(cut(#"[{"a":{"by":[1,2]}}]"#) == [#"{"a":{"by":[1,2]}}"#])
        #expect(cut(#" [ 1 , "x,]\"}" ,[ 2,3 ], null ] "#) == ["1", #""x,]\"}""#, "[ 2,3 ]", "null"])
    }

    @Test(arguments: ["", "7", "{}", "[1", "[\"", "[\"\\", "]"])
    func `what is no array has no elements`(text: String) {
        #expect(cut(text) == [])
    }
}
