import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct ExpositionTests {
    @Test func `labels and help are escaped`() {
        var exposition = Exposition()
        exposition.family("a_total", .counter, "One\nline \\ and \"two\".")
        exposition.sample("a_total", [("x", "q\"\\\nq"), ("y", "é")], 3)
        #expect(
            exposition.text == """
                # HELP a_total One\\nline \\\\ and "two".
                # TYPE a_total counter
                a_total{x="q\\"\\\\\\nq",y="é"} 3

                """)
    }

    @Test func `a histogram's buckets add up`() {
        var exposition = Exposition()
        exposition.histogram("t", [("a", "b")], bounds: [0.5, 1], counts: [2, 0, 3], sum: 7.25)
        #expect(
            exposition.text == """
                t_bucket{a="b",le="0.5"} 2
                t_bucket{a="b",le="1"} 2
                t_bucket{a="b",le="+Inf"} 5
                t_sum{a="b"} 7.25
                t_count{a="b"} 5

                """)
    }

    @Test func `numbers are what a scraper reads`() {
        #expect(Exposition.number(.nan) == "NaN" && Exposition.number(-.infinity) == "-Inf")
        #expect(Exposition.number(1e17) == "1e+17" && Exposition.number(-3) == "-3" && Exposition.number(0.1) == "0.1")
    }
}

@Suite struct TelemetryRegistryTests {
    private func text(_ registry: TelemetryRegistry) -> [Substring] {
        var exposition = Exposition()
        registry.write(to: &exposition)
        return exposition.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    @Test func `handles of one label and dimensions share their number`() {
        let registry = TelemetryRegistry()
        for dimensions in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            registry.makeCounter(label: "orders", dimensions: dimensions).increment(by: 2)
        }
        registry.makeCounter(label: "orders", dimensions: [("a", "2")]).increment(by: 1)
        #expect(text(registry) == [#"orders{a="1",b="2"} 4"#, #"orders{a="2"} 1"#])
    }

    @Test func `every kind of instrument shows`() {
        let registry = TelemetryRegistry()
        registry.makeFloatingPointCounter(label: "f", dimensions: []).increment(by: 0.5)
        registry.makeMeter(label: "m", dimensions: []).set(Int64(-7))
        registry.makeRecorder(label: "g", dimensions: [], aggregate: false).record(Int64(9))
        registry.makeTimer(label: "t", dimensions: []).recordNanoseconds(2_000_000)
        let lines = text(registry)
        #expect(lines.starts(with: ["f 0.5", "g 9", "m -7"]))
        #expect(lines.contains(#"t_bucket{le="0.001"} 0"#) && lines.contains(#"t_bucket{le="0.0025"} 1"#))
        #expect(lines.suffix(2) == ["t_sum 0.002", "t_count 1"])
    }

    @Test func `names become names that a scraper takes, and one name is one kind of thing`() {
        let registry = TelemetryRegistry()
        registry.makeCounter(label: "my.app-käse", dimensions: [("1st", "x"), ("a:b", "y")]).increment(by: 1)
        registry.makeMeter(label: "my.app-käse", dimensions: []).set(Int64(5))
        #expect(text(registry) == [#"my_app_k__se{_1st="x",a_b="y"} 1"#])
    }

    @Test func `past the bound new instruments are counted nowhere`() {
        let registry = TelemetryRegistry()
        for number in 0...TelemetryRegistry.instrumentsMax + 5 {
            registry.makeCounter(label: "c", dimensions: [("id", "\(number)")]).increment(by: 1)
        }
        #expect(text(registry).count == TelemetryRegistry.instrumentsMax)
    }
}
