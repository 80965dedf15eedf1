import Directory
import Testing

@Suite("NodeAddress")
struct NodeAddressTests {
    @Test(
        "Reads what it writes", arguments: ["127.0.0.1:7400", "node-1.example.org:1", "[::1]:65535", "localhost:7400"])
    func roundTrip(_ text: String) throws {
        #expect(try NodeAddress(text).description == text)
    }

    @Test("Brackets are not part of the host")
    func ipv6() throws {
        let address = try NodeAddress("[fe80::1]:7400")
        #expect(address.host == "fe80::1" && address.port == 7_400)
    }

    @Test(
        "Anything else is refused with a reason",
        arguments: [
            ("", "no port"), ("localhost", "no port"), ("localhost:", "port ''"), ("localhost:0", "port '0'"),
            ("localhost:65536", "port '65536'"), ("localhost:+80", "port '+80'"),
            ("localhost:99999999999999999999", "port '9"), ("localhost:7x", "port '7x'"), (":7400", "empty"),
            ("::1:7400", "brackets"), ("[::1:7400", "brackets"), ("[]:7400", "brackets"), ("a b:7400", "character"),
            ("ho\u{0}st:1", "character"), ("höst:1", "character"),
            (String(repeating: "h", count: 256) + ":1", "255"),
        ])
    func malformed(_ text: String, _ reason: String) {
        let refused = refusal { _ = try NodeAddress(text) }
        #expect(refused?.code == .malformedAddress)
        #expect(refused?.message.contains(reason) == true, "\(refused?.message ?? "accepted")")
    }
}
