import CLI
import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite struct Security {
        /// A CA, certificates of three nodes, a client's, and the arguments that go with them.
        private struct Keys {
            let stage: Stage
            var folder: String { stage.folder + "/certificates" }

            init(_ stage: Stage) async throws {
                self.stage = stage
                try await make("ca")
                for name in ["node1", "node2", "node3"] { try await make("node", name, "--host", "127.0.0.1") }
                try await make("client", "operator")
            }

            func make(_ arguments: String...) async throws {
                let result = try await stage.run(["certificates"] + arguments + ["--directory", folder])
                try #require(result.exit == .code(0), "\(result)")
            }

            func arguments(_ name: String) -> [String] {
                ["--tls-ca", "\(folder)/ca.pem", "--tls-certificate", "\(folder)/\(name).pem", "--tls-key", "\(folder)/\(name).key"]
            }

            func environment(_ name: String) -> [String: String] {
                [
                    "HOLDFAST_TLS_CA": "\(folder)/ca.pem", "HOLDFAST_TLS_CERTIFICATE": "\(folder)/\(name).pem",
                    "HOLDFAST_TLS_KEY": "\(folder)/\(name).key",
                ]
            }
        }

        @Test func `three nodes with certificates serve clients with certificates, over a kill and a renewal`() async throws {
            try await Stage.run { stage in
                let keys = try await Keys(stage)
                let first = try await stage.start(stage.launch("node1", arguments: keys.arguments("node1")))
                var nodes = [first]
                for name in ["node2", "node3"] {
                    nodes.append(try await stage.start(stage.launch(name, seeds: [first.address], arguments: keys.arguments(name))))
                }
                let own = keys.environment("operator")
                let wait = try await stage.run(["cluster", "wait", "3", "--settled"], at: first, environment: own)
                #expect(wait.exit == .code(0), "\(wait)")
                let more = try await stage.run(["counter", "increment", "a", "--by", "5"] + keys.arguments("operator"), at: nodes[1])
                #expect(more.line == "5", "\(more)")

                // Who has no certificate learns why nobody answers.
                let stranger = try await stage.run(["counter", "get", "a", "--timeout", "2"], at: first)
                #expect(stranger.exit == .code(69) && stranger.errors.contains("the node speaks TLS"), "\(stranger)")

                // A new certificate is used without a restart.
                try await keys.make("node", "node3", "--host", "127.0.0.1", "--host", "db3.example.org", "--replace")
                nodes[2].process.signal(SIGHUP)
                #expect(await waitUntil(within: .seconds(10)) { nodes[2].endOfLog().contains("db3.example.org") }, "\(nodes[2].endOfLog())")

                nodes[0].kill()
                _ = await nodes[0].waitForExit()
                let back = try await stage.restart(nodes[0])
                let read = try await stage.run(["counter", "get", "a"], at: back, environment: own)
                #expect(read.line == "5", "\(read)")
            }
        }

        @Test func `HTTPS asks for a token, says so to who asks for http, and logs no secret`() async throws {
            try await Stage.run { stage in
                let keys = try await Keys(stage)
                let file = stage.folder + "/tokens.json"
                func token(_ arguments: String...) async throws -> Stage.Result { try await stage.run(["token"] + arguments + ["--file", file]) }
                let reader = try await token("create", "reader", "--role", "read").line
                let writer = try await token("create", "writer", "--role", "write").line
                #expect(try await token("create", "writer", "--role", "write").exit == .code(64))
                #expect(try await token("create", "x", "--role", "root").exit == .code(64))
                #expect(try await token("list").output.contains("reader"))
                #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)

                var launch = try stage.launch("node1", arguments: keys.arguments("node1") + ["--http-tokens", file, "--log-level", "trace"])
                launch.httpPort = try FreePorts.pick(1)[0]
                let node = try await stage.start(launch)
                let base = "https://127.0.0.1:\(launch.httpPort!)"
                func curl(_ arguments: String...) async throws -> String {
                    let process = try ChildProcess.start(
                        ChildProcess.Launch(
                            executable: "/usr/bin/env",
                            arguments: ["curl", "--silent", "--cacert", "\(keys.folder)/ca.pem", "--write-out", " %{http_code}"] + arguments,
                            errorFile: "\(stage.folder)/curl.err"))
                    _ = await process.waitForExit(timeout: .seconds(30))
                    return process.output
                }
                let increment = ["--header", "Content-Type: application/json", "--data", #"{"by": 10.0}"#, "\(base)/v1/entities/counter/a/increment"]
                #expect(try await curl(increment[0], increment[1], increment[2], increment[3], increment[4]).hasSuffix(" 401"))
                for (bearer, status) in [(reader, " 403"), (writer, " 200"), (writer + "0", " 401")] {
                    let answer = try await curl(
                        "--header", "Authorization: Bearer \(bearer)", increment[0], increment[1], increment[2], increment[3], increment[4])
                    #expect(answer.hasSuffix(status), "\(answer)")
                }
                #expect(try await curl("http://127.0.0.1:\(launch.httpPort!)/healthz").contains("https only"))
                // A certificate that curl does not trust.
                #expect(try await curl("--cacert", "/dev/null", "\(base)/healthz").hasSuffix(" 000"))
                #expect(try await curl("\(base)/healthz").hasSuffix(" 200"))

                let metrics = try await curl("--header", "Authorization: Bearer \(reader)", "\(base)/metrics")
                #expect(metrics.contains("\nholdfast_tls_certificate_expiry_timestamp_seconds "))

                #expect(try await token("revoke", "writer").exit == .code(0))
                #expect(try await token("revoke", "writer").exit == .code(66))
                node.process.signal(SIGHUP)
                #expect(await waitUntil(within: .seconds(10)) { node.endOfLog(lines: 200).contains("tokens have been read anew") })
                let after = try await curl("--header", "Authorization: Bearer \(writer)", "\(base)/v1/entities/counter/a")
                #expect(after.hasSuffix(" 401"), "\(after)")
                let log = node.endOfLog(lines: 10_000)
                for secret in [reader, writer, "PRIVATE KEY"] { #expect(!log.contains(secret)) }
                #expect(log.contains("does not speak TLS"), "\(log.suffix(2_000))")
            }
        }

        @Test func `beyond loopback a node needs certificates, or must be told that it needs none`() async throws {
            try await Stage.run { stage in
                let refused = try await stage.run(["node", "--data", "\(stage.folder)/n", "--listen", "0.0.0.0:0"])
                #expect(refused.exit == .code(64) && refused.errors.contains("--insecure") && refused.errors.contains("--tls-ca"), "\(refused)")
                #expect(!FileManager.default.fileExists(atPath: "\(stage.folder)/n"), "a node that is refused leaves nothing behind")
                let told = try stage.begin(try stage.launch("node1", arguments: ["--listen", "0.0.0.0:0", "--insecure"]))
                try await told.waitUntilReady()
            }
        }

        @Test func `certificates that cannot be used end the node with the reason`() async throws {
            try await Stage.run { stage in
                let keys = try await Keys(stage)
                let good = keys.arguments("node1")
                func refuses(_ arguments: [String], saying word: String, at line: Int = #line) async throws {
                    let result = try await stage.run(["node", "--data", "\(stage.folder)/n", "--listen", "127.0.0.1:0"] + arguments)
                    #expect(result.exit == .code(64) && result.errors.contains(word), "line \(line): \(result)")
                }
                try await refuses(Array(good[..<4]), saying: "--tls-key is missing")
                try await refuses(good + ["--advertise", "db1.example.org:7400"], saying: "names 127.0.0.1, and others are to reach this node at db1")
                try await refuses(keys.arguments("operator"), saying: "names no host, as a client's does")
                try await refuses(keys.arguments("node9"), saying: "node9.pem cannot be read")
                try await refuses(Array(good[..<5]) + ["\(keys.folder)/node2.key"], saying: "does not belong to the certificate")
                for (arguments, word) in [
                    (["ca"], "is there already"), (["node", "node4", "--host", "a:7400"], "a port or brackets are no part"),
                    (["node", "a/b", "--host", "a"], "cannot be the name"), (["client", "x", "--days", "0"], "--days"),
                    (["client", "x", "--days", "36500"], "expires earlier"),
                ] {
                    let result = try await stage.run(["certificates"] + arguments + ["--directory", keys.folder])
                    #expect(result.exit == .code(64) && result.errors.contains(word), "\(result)")
                }
                for key in ["ca.key", "node1.key", "operator.key"] {
                    let mode = try FileManager.default.attributesOfItem(atPath: "\(keys.folder)/\(key)")[.posixPermissions] as? Int
                    #expect(mode == 0o600, "\(key)")
                }
            }
        }
    }
}
