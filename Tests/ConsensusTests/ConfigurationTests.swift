import Consensus
import Primitives
import Testing

@Suite struct ConfigurationTests {
    private func decoded(_ text: String) throws -> Configuration { try Configuration(decoding: Array(text.utf8)) }

    @Test("A configuration is written as one line of JSON and read back") func roundTrip() throws {
        let configuration = Configuration(voters: [NodeID(3), NodeID(1)], learners: [NodeID(2)])
        #expect(String(decoding: configuration.encoded(), as: UTF8.self) == #"{"voters":[1,3],"learners":[2]}"#)
        #expect(try Configuration(decoding: configuration.encoded()) == configuration)
        #expect(String(decoding: Configuration.none.encoded(), as: UTF8.self) == #"{"voters":[],"learners":[]}"#)
        #expect(try Configuration(decoding: Configuration.none.encoded()) == .none)
        let greatest = Configuration(voters: [NodeID(.max)])
        #expect(try Configuration(decoding: greatest.encoded()) == greatest)
    }

    @Test(
        "Any other spelling is refused",
        arguments: [
            "", "{}", #"{"voters":[1]}"#, #"{"voters":[1],"learners":[]} "#, #" {"voters":[1],"learners":[]}"#,
            #"{"voters":[1, 2],"learners":[]}"#, #"{"voters":[1,],"learners":[]}"#, #"{"voters":[,1],"learners":[]}"#,
            #"{"voters":[2,1],"learners":[]}"#, #"{"voters":[1,1],"learners":[]}"#, #"{"voters":[1],"learners":[1]}"#,
            #"{"voters":[0],"learners":[]}"#, #"{"voters":[01],"learners":[]}"#, #"{"voters":[-1],"learners":[]}"#,
            #"{"voters":[4294967296],"learners":[]}"#, #"{"voters":[99999999999999999999],"learners":[]}"#,
            #"{"learners":[],"voters":[1]}"#, #"{"voters":[1],"learners":[]}}"#, #"{"voters":[1.0],"learners":[]}"#,
            #"{"voters":["1"],"learners":[]}"#,
        ]) func strict(_ text: String) {
        #expect(throws: MalformedBytes.self) { try decoded(text) }
    }

    @Test("A text cut off anywhere is refused") func truncation() {
        let bytes = Configuration(voters: [NodeID(10), NodeID(20)], learners: [NodeID(30)]).encoded()
        for count in 0..<bytes.count {
            #expect(throws: MalformedBytes.self) { try Configuration(decoding: Array(bytes[..<count])) }
        }
    }
}
