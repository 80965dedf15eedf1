import Testing

@testable import JSON

func encoded(_ value: some Encodable) throws -> String { String(decoding: try JSON.encode(value), as: UTF8.self) }

func decoded<Value: Decodable>(_: Value.Type = Value.self, _ text: String) throws -> Value {
    try JSON.decode(Value.self, from: Array(text.utf8))
}

/// Encodes `value`, expects `text`, and expects the same value back.
func expectRoundTrip<Value: Codable & Equatable>(
    _ value: Value, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(try encoded(value) == text, sourceLocation: sourceLocation)
    #expect(try decoded(Value.self, text) == value, sourceLocation: sourceLocation)
}

/// The message with which `body` fails.
func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}

func code(_ body: () throws -> Void) -> JSONError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? JSONError)?.code
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
