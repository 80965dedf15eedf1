import JSON
import ArgumentParser
import Logging
import Testing

@testable import CLI

@Suite struct NodeSettingsTests {
    private func settings(_ json: String) throws -> NodeSettings { try NodeSettings(json: Array(json.utf8)) }

    @Test func `a file sets what it names`() throws {
        let settings = try settings(
            #"{"data": "d", "seeds": ["a:1"], "log-level": "debug", "election-timeout-milliseconds": 900}"#)
        #expect(settings.data == "d")
        #expect(settings.seeds == ["a:1"])
        #expect(settings.logLevel == .debug)
        #expect(settings.electionTimeoutMilliseconds == 900)
        #expect(settings.listen == nil)
        #expect(throws: Never.self) { try settings.check() }
    }

    @Test func `a key that does not exist is not ignored`() {
        #expect { try settings(#"{"data": "d", "sheds": 10}"#) } throws: {
            "\($0)".contains("`sheds`") && "\($0)".contains("did you mean seeds?")
        }
    }

    @Test(arguments: ["", "[]", #"{"data": 7}"#, #"{"log-level": "loud"}"#, #"{"data": "a", "data": "b"}"#])
    func `what makes no sense is refused`(_ json: String) {
        #expect(throws: JSONError.self) { try settings(json) }
    }

    @Test(arguments: [
        #"{}"#, #"{"data": ""}"#, #"{"data": "d", "shards": 0}"#, #"{"data": "d", "shards": 4097}"#,
        #"{"data": "d", "down-after-seconds": 0}"#, #"{"data": "d", "down-after-seconds": 9223372036854775807}"#,
        #"{"data": "d", "heartbeat-interval-milliseconds": 400}"#,
    ])
    func `values out of range are usage`(_ json: String) throws {
        let settings = try settings(json)
        #expect { try settings.check() } throws: { ($0 as? CommandFailure)?.exit == .usage }
    }

    @Test func `the nearest name is offered, and none that is far`() {
        let names = ["listen", "seeds", "shards"]
        #expect(NearestName.of("listne", among: names) == "listen")
        #expect(NearestName.of("shard", among: names) == "shards")
        #expect(NearestName.of("colour", among: names) == nil && NearestName.of("", among: names) == nil)
        #expect(NearestName.distance("", "abc") == 3 && NearestName.distance("kitten", "sitting") == 3)
    }

    @Test func `HTTP beyond loopback must be asked for`() throws {
        for http in ["127.0.0.1:1", "127.8.9.1:1", "localhost:1", "[::1]:1"] {
            let settings = try settings("{\"data\": \"d\", \"http\": \"\(http)\"}")
            #expect(throws: Never.self) { try settings.check() }
        }
        for http in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "127.evil.org:1", "127.0.0.1.evil.org:1"] {
            let settings = try settings("{\"data\": \"d\", \"http\": \"\(http)\"}")
            #expect { try settings.check() } throws: { ($0 as? CommandFailure)?.message.contains("--insecure") ?? false }
            let asked = try self.settings("{\"data\": \"d\", \"http\": \"\(http)\", \"insecure\": true}")
            #expect(throws: Never.self) { try asked.check() }
        }
    }

    @Test func `the command line wins over the file`() throws {
        let options = try NodeOptions.parse(["--data", "d", "--shards", "7", "--seed", "a:1", "--seed", "b:2", "--http", "localhost:0"])
        let settings = try options.settings()
        #expect(settings.data == "d")
        #expect(settings.shards == 7)
        #expect(settings.seeds == ["a:1", "b:2"])
        #expect(settings.http == "localhost:0" && settings.insecure == nil)
    }
}
