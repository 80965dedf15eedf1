import Primitives
import Linearizability
import Testing

@Suite struct HistoryFormatTests {
    @Test func `a history reads back as it was written`() throws {
        var maker = HistoryMaker(seed: 1)
        maker.unknownPercent = 30
        var history = maker.make(200)
        history[3].outcome = .notCommitted
        history[4].request = "00ff00ff00ff00ff/12"
        #expect(try HistoryFormat.decode(HistoryFormat.encode(history)) == history)
    }

    @Test func `the lines are as documented`() throws {
        let increment = Operation(
            entity: "c3", action: .increment(by: 1), invoked: Instant(nanoseconds: 15), responded: Instant(nanoseconds: 27),
            outcome: .ok(7), caller: 4, request: "k")
        var unknown = increment
        unknown.outcome = .unknown
        unknown.responded = .distantFuture
        let text = String(decoding: try HistoryFormat.encode([increment, unknown]), as: UTF8.self)
        #expect(
            text == """
                {"entity":"c3","do":"increment","by":1,"from":15,"to":27,"outcome":"ok","value":7,"caller":4,"request":"k"}
                {"entity":"c3","do":"increment","by":1,"from":15,"outcome":"unknown","caller":4,"request":"k"}

                """)
    }

    @Test(arguments: [
        "{}", "x", #"{"entity":"c","do":"jump","from":1,"to":2,"outcome":"ok","value":1,"caller":0}"#,
        #"{"entity":"c","do":"read","from":1,"outcome":"ok","value":1,"caller":0}"#,
        #"{"entity":"c","do":"read","from":1,"to":2,"outcome":"ok","caller":0}"#,
    ])
    func `a line that is no operation is named`(line: String) {
        let error = #expect(throws: HistoryError.self) { try HistoryFormat.decode(Array("\n\(line)\n".utf8)) }
        #expect(error?.description.contains("line 2") ?? false)
    }
}
