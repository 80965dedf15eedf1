public import Primitives

extension Configuration {
    /// The payload of a configuration entry: `{"voters":[1,2],"learners":[3]}`, without spaces, numbers ascending.
    public func encoded() -> [UInt8] {
        Array("{\"voters\":\(Self.list(voters)),\"learners\":\(Self.list(learners))}".utf8)
    }

    private static func list(_ nodes: [NodeID]) -> String {
        "[" + nodes.map(\.description).joined(separator: ",") + "]"
    }

    /// Reads exactly what `encoded` writes: a payload has one spelling, so that equal configurations have equal checksums.
    /// - Throws: `MalformedBytes` for any other text, a node twice, or node 0.
    public init(decoding payload: [UInt8]) throws(MalformedBytes) {
        var scanner = Scanner(bytes: payload)
        try scanner.expect("{\"voters\":[")
        let voters = try scanner.list()
        try scanner.expect(",\"learners\":[")
        let learners = try scanner.list()
        try scanner.expect("}")
        guard scanner.offset == payload.count else {
            throw MalformedBytes("a configuration is followed by \(payload.count - scanner.offset) more bytes")
        }
        guard !learners.contains(where: voters.contains) else {
            throw MalformedBytes("a configuration has a node both as a voter and as a learner")
        }
        self.init(voters: voters, learners: learners)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var offset = 0

        mutating func expect(_ text: StaticString) throws(MalformedBytes) {
            let matches = text.withUTF8Buffer { wanted in
                offset + wanted.count <= bytes.count && wanted.elementsEqual(bytes[offset..<offset + wanted.count])
            }
            guard matches else { throw MalformedBytes("a configuration lacks \(text) at byte \(offset)") }
            offset += text.utf8CodeUnitCount
        }

        /// Ascending numbers and the closing bracket.
        mutating func list() throws(MalformedBytes) -> [NodeID] {
            var nodes: [NodeID] = []
            if peek == UInt8(ascii: "]") {
                offset += 1
                return nodes
            }
            while true {
                let node = NodeID(try number())
                guard nodes.last.map({ $0 < node }) ?? true else {
                    throw MalformedBytes("a configuration's nodes do not ascend at byte \(offset)")
                }
                nodes.append(node)
                switch peek {
                case UInt8(ascii: ","): offset += 1
                case UInt8(ascii: "]"):
                    offset += 1
                    return nodes
                default: throw MalformedBytes("a configuration's list goes wrong at byte \(offset)")
                }
            }
        }

        /// A node number: 1 … 2³²-1, without leading zeros.
        private mutating func number() throws(MalformedBytes) -> UInt32 {
            let start = offset
            var value: UInt32 = 0
            while let digit = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
                let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = shifted.addingReportingOverflow(UInt32(digit - UInt8(ascii: "0")))
                guard !overflow, !carry, !(offset > start && value == 0) else {
                    throw MalformedBytes("a configuration has no node number at byte \(start)")
                }
                value = sum
                offset += 1
            }
            guard value > 0 else { throw MalformedBytes("a configuration has no node number at byte \(start)") }
            return value
        }

        private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    }
}
