public import CoreMetrics
internal import Synchronization

/// A swift-metrics backend that keeps its numbers for a scrape.
///
/// ```swift
/// let registry = TelemetryRegistry()
/// MetricsSystem.bootstrap(registry)
/// Counter(label: "orders_total", dimensions: [("shop", "north")]).increment()
/// ```
/// Instruments of one label and one set of dimensions share their number, and keep it for good: labels and dimensions must come
/// from closed sets. Past `instrumentsMax`, new ones are counted nowhere. Timers are in seconds.
public final class TelemetryRegistry: MetricsFactory, Sendable {
    /// Bounds memory against dimensions that are not a closed set.
    public static let instrumentsMax = 10_000

    private let state = Mutex<[String: Family]>([:])
    private let count = Atomic(0)

    struct Family {
        var kind: Exposition.Kind
        /// By dimensions, as text.
        var instruments: [String: Instrument] = [:]
    }

    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(label, dimensions, .counter)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { instrument(label, dimensions, .counter) }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(label, dimensions, .gauge)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        instrument(label, dimensions, aggregate ? .histogram : .gauge)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(label, dimensions, .histogram)
    }

    // An instrument that nobody holds any more keeps its number: a counter that begins anew looks like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func instrument(_ label: String, _ dimensions: [(String, String)], _ kind: Exposition.Kind) -> Instrument {
        let name = MetricName.name(label)
        let labels = MetricName.labels(dimensions)
        let key = labels.map { "\($0.name)\u{0}\($0.value)" }.joined(separator: "\u{0}")
        return state.withLock { families in
            let family = families[name] ?? Family(kind: kind)
            // One name cannot be two kinds of thing; nor may there be any number of instruments.
            guard family.kind == kind, count.load(ordering: .relaxed) < Self.instrumentsMax else {
                return Instrument(labels: labels)
            }
            if let known = family.instruments[key] { return known }
            let new = Instrument(labels: labels)
            families[name, default: family].instruments[key] = new
            count.wrappingAdd(1, ordering: .relaxed)
            return new
        }
    }

    /// Writes every instrument, in the order of names and dimensions.
    public func write(to exposition: inout Exposition) {
        let families = state.withLock { $0 }
        for name in families.keys.sorted() {
            let family = families[name]!
            exposition.family(name, family.kind, "From the application.")
            for key in family.instruments.keys.sorted() {
                family.instruments[key]!.write(name, family.kind, to: &exposition)
            }
        }
    }
}

/// Names as Prometheus takes them.
enum MetricName {
    /// Letters, digits, underscores and colons; everything else becomes an underscore.
    static func name(_ label: String) -> String { cleaned(label, allowsColon: true) }

    /// Sorted by name; of two with one name the first counts.
    static func labels(_ dimensions: [(String, String)]) -> Exposition.Labels {
        var labels: Exposition.Labels = []
        for (name, value) in dimensions {
            let name = cleaned(name, allowsColon: false)
            if !labels.contains(where: { $0.name == name }) { labels.append((name, value)) }
        }
        return labels.sorted { $0.name < $1.name }
    }

    private static func cleaned(_ text: String, allowsColon: Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ":") where allowsColon: result += ":"
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }
}
