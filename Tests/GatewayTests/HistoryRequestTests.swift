import Engine
import Primitives
import Testing

/// The request for events as it passes between nodes.
@Suite struct HistoryRequestTests {
    private let request = Request.history(
        EntityHistory(
            kind: "counter", entity: Array("é".utf8), after: .max, from: LogIndex(7), limit: 9, consistency: .local))

    @Test func `it is read as it was written, and no part of it is read as anything`() throws {
        var writer = ByteWriter(reserving: 0)
        writer.write(request)
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readRequest() == request)
        #expect(reader.isAtEnd)
        for length in 0..<writer.bytes.count {
            #expect(throws: MalformedBytes.self) {
                var reader = ByteReader(Array(writer.bytes.prefix(length)))
                _ = try reader.readRequest()
            }
        }
    }
}
