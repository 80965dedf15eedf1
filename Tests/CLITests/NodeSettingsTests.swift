import ArgumentParser
import Foundation
import Logging
import Testing

@testable import CLI

@Suite struct NodeSettingsTests {
    /// What comes of a file with `text`, variables and options.
    private func resolve(
        _ text: String? = nil, form: String = "json", environment: [String: String] = [:], _ arguments: String...
    ) async throws -> ResolvedSettings {
        var all = arguments
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).\(form)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        if let text {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            all += ["--config", file]
        }
        return try await NodeOptions.parse(all).resolve(environment: environment)
    }

    private func settings(_ json: String) async throws -> NodeSettings { try await resolve(json).settings }

    private func refuses(
        _ word: String, at line: Int = #line, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("line \(line): nothing was refused")
        } catch {
            let failure = error as? CommandFailure
            #expect(failure?.exit == .usage && failure?.message.contains(word) ?? false, "line \(line): \(error)")
        }
    }

    @Test func `a file sets what it names, in JSON and in YAML`() async throws {
        for (text, form) in [
            (#"{"data": "d", "seeds": ["a:1"], "log-level": "debug", "election-timeout-milliseconds": 900, "insecure": true}"#, "json"),
            ("data: d\nseeds: [\"a:1\"]\nlog-level: debug  # while we look\nelection-timeout-milliseconds: 900\ninsecure: true\n", "yaml"),
        ] {
            let settings = try await resolve(text, form: form).settings
            #expect(settings.data == "d")
            #expect(settings.seeds == ["a:1"])
            #expect(settings.logLevel == .debug)
            #expect(settings.electionTimeoutMilliseconds == 900)
            #expect(settings.insecure == true)
            #expect(settings.listen == nil)
            #expect(throws: Never.self) { try settings.check() }
        }
    }

    @Test func `the command line is over the environment, and that over the file`() async throws {
        let resolved = try await resolve(
            #"{"data": "f", "listen": "f:1", "name": "f", "shards": 3}"#,
            environment: ["HOLDFAST_DATA": "e", "HOLDFAST_LISTEN": "e:1", "HOLDFAST_SEEDS": "a:1, b:2", "HOLDFAST_NAME": "", "HOLDFAST_LOG_LEVEL": "error"],
            "--data", "c")
        let settings = resolved.settings
        #expect(settings.data == "c" && settings.listen == "e:1" && settings.name == "f" && settings.shards == 3)
        #expect(settings.seeds == ["a:1", "b:2"] && settings.logLevel == .error)
        #expect(resolved.sources[.data] == "--data" && resolved.sources[.listen] == "HOLDFAST_LISTEN")
        #expect(resolved.sources[.name]?.hasSuffix(".json") ?? false)
        #expect(resolved.sources[.http] == nil)
    }

    @Test func `a key that does not exist is not ignored`() async {
        await refuses("did you mean seeds?") { _ = try await resolve(#"{"data": "d", "sheds": 10}"#) }
        await refuses("`sheds`") { _ = try await resolve("sheds: 10", form: "yaml") }
        await refuses("`colour`") { _ = try await resolve("colour: 10", form: "yml") }
    }

    @Test func `a variable that is no setting is told if it looks like one`() async throws {
        let stray = try await resolve(
            environment: ["HOLDFAST_LISTNE": "a", "HOLDFAST_PORT": "1", "HOLDFAST_CONNECT": "a:1", "HOLDFAST_TLS_CERT": "x", "LISTNE": "a"], "--data", "d"
        ).strayVariables
        #expect(stray.map(\.variable) == ["HOLDFAST_LISTNE"] && stray.map(\.nearest) == ["HOLDFAST_LISTEN"])
    }

    @Test(arguments: [
        "", "[]", "{", #"{"data": 7}"#, #"{"data": {"a": "b"}}"#, #"{"data": null}"#, #"{"log-level": "loud"}"#, #"{"data": "a", "data": "b"}"#,
        #"{"shards": "three"}"#, #"{"shards": 1.5}"#, #"{"seeds": "a:1"}"#, #"{"seeds": [1]}"#, #"{"insecure": "yes"}"#,
    ])
    func `what makes no sense is refused with its place`(_ json: String) async {
        await refuses("the configuration file") { _ = try await settings(json) }
    }

    @Test(arguments: ["- a", "a: b: c", "data: {a: b}", "shards: many", "data: [", "just text"])
    func `what is no YAML of settings is refused with its place`(_ yaml: String) async {
        await refuses("the configuration file") { _ = try await resolve(yaml, form: "yaml") }
    }

    @Test func `a variable of the wrong form is refused by its name`() async {
        await refuses("HOLDFAST_SHARDS must be a whole number") { _ = try await resolve(environment: ["HOLDFAST_SHARDS": "ten"], "--data", "d") }
        await refuses("HOLDFAST_INSECURE must be true or false") { _ = try await resolve(environment: ["HOLDFAST_INSECURE": "perhaps"]) }
        await refuses("HOLDFAST_LOG_LEVEL is “loud”") { _ = try await resolve(environment: ["HOLDFAST_LOG_LEVEL": "loud"]) }
        await refuses("cannot be read") { _ = try await resolve(environment: ["HOLDFAST_CONFIG": "/nowhere/node.json"]) }
    }

    @Test(arguments: [
        #"{}"#, #"{"data": ""}"#, #"{"data": "d", "shards": 0}"#, #"{"data": "d", "shards": 4097}"#,
        #"{"data": "d", "down-after-seconds": 0}"#, #"{"data": "d", "down-after-seconds": 9223372036854775807}"#,
        #"{"data": "d", "heartbeat-interval-milliseconds": 400}"#, #"{"data": "d", "tls-ca": "ca.pem"}"#,
    ])
    func `values out of range are usage`(_ json: String) async throws {
        let settings = try await settings(json)
        #expect { try settings.check() } throws: { ($0 as? CommandFailure)?.exit == .usage }
    }

    @Test func `a secret in the place of a file's name is neither taken nor shown`() async throws {
        let key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"
        let settings = try await resolve(environment: ["HOLDFAST_TLS_KEY": key], "--data", "d").settings
        #expect(ResolvedSettings.shown(settings.tlsKey!) == "(hidden)")
        #expect {
            try settings.check()
        } throws: {
            let message = ($0 as? CommandFailure)?.message ?? ""
            return message.contains("tls-key") && !message.contains("MIGH")
        }
    }

    @Test func `the nearest name is offered, and none that is far`() {
        let names = ["listen", "seeds", "shards"]
        #expect(NearestName.of("listne", among: names) == "listen")
        #expect(NearestName.of("shard", among: names) == "shards")
        #expect(NearestName.of("colour", among: names) == nil && NearestName.of("", among: names) == nil)
        #expect(NearestName.distance("", "abc") == 3 && NearestName.distance("kitten", "sitting") == 3)
    }

    @Test func `HTTP beyond loopback takes certificates and tokens, or must be asked for`() async throws {
        for http in ["127.0.0.1:1", "127.8.9.1:1", "localhost:1", "[::1]:1"] {
            let settings = try await settings("{\"data\": \"d\", \"http\": \"\(http)\"}")
            #expect(throws: Never.self) { try settings.check() }
        }
        let tls = #""tls-ca": "a", "tls-certificate": "b", "tls-key": "c""#
        for http in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "127.evil.org:1", "127.0.0.1.evil.org:1"] {
            for more in ["", ", \(tls)", #", "http-tokens": "t""#] {
                let settings = try await settings("{\"data\": \"d\", \"http\": \"\(http)\"\(more)}")
                #expect { try settings.check() } throws: { ($0 as? CommandFailure)?.message.contains("--insecure") ?? false }
            }
            for more in [#""insecure": true"#, #""http-tokens": "t", \#(tls)"#] {
                let asked = try await settings("{\"data\": \"d\", \"http\": \"\(http)\", \(more)}")
                #expect(throws: Never.self) { try asked.check() }
            }
        }
    }

    @Test func `every setting has its own place in every source`() throws {
        #expect(Set(SettingKey.allCases.map(\.variable)).count == SettingKey.allCases.count)
        #expect(SettingKey.electionTimeoutMilliseconds.variable == "HOLDFAST_ELECTION_TIMEOUT_MILLISECONDS")
        #expect(SettingKey.electionTimeoutMilliseconds.defaultText == "600")
    }
}
