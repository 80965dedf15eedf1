import Benchmark
import Engine
import Entities
import JSON
import Primitives

/// What is written and read once a command: the event, the entry, the request.
func codecs() {
    let event = Counter.Event.incremented(by: 123)
    let eventBytes = Array(#"{"incremented":{"by":123}}"#.utf8)
    let direct = JSONCoder<Counter.Event>()

    Benchmark("event to JSON, its own way") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try direct.encode(event)) }
    }
    Benchmark("event to JSON, by Codable") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try JSON.encode(event)) }
    }
    Benchmark("event from JSON, its own way") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try direct.decode(eventBytes)) }
    }
    Benchmark("event from JSON, by Codable") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try JSON.decode(Counter.Event.self, from: eventBytes)) }
    }

    let record = Samples.record(number: 7)
    let encoded = record.encoded()
    Benchmark("entry to bytes") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(record.encoded()) }
    }
    Benchmark("entry from bytes") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try EntryRecord(encoded: encoded)) }
    }
    Benchmark("entry's checksum") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(Checksum.chained(previous: 1, term: Term(1), index: LogIndex(1), type: 2, payload: encoded))
        }
    }

    let request = Samples.request(number: 7)
    var writer = ByteWriter()
    writer.write(request)
    let frame = writer.bytes
    Benchmark("request to the wire") { benchmark in
        var writer = ByteWriter()
        for _ in benchmark.scaledIterations {
            writer.removeAll()
            writer.write(request)
        }
        blackHole(writer)
    }
    Benchmark("request from the wire") { benchmark in
        for _ in benchmark.scaledIterations {
            var reader = ByteReader(frame)
            blackHole(try reader.readRequest())
        }
    }
}
