import CLI
import Foundation
import JSON
import Testing

/// `curl`, as the README has it.
private let curlPath = ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"].first { FileManager.default.isExecutableFile(atPath: $0) }

private let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

extension EndToEnd {
    @Suite(.enabled(if: curlPath != nil, "curl is not installed")) struct HTTP {
        private func curl(_ arguments: String..., stage: Stage) async throws -> String {
            let process = try ChildProcess.start(
                ChildProcess.Launch(
                    executable: curlPath!, arguments: ["--silent", "--show-error"] + arguments,
                    errorFile: "\(stage.folder)/curl.err"))
            let exit = try #require(await process.waitForExit(timeout: .seconds(30)))
            #expect(exit == .code(0), "curl \(arguments.joined(separator: " "))")
            return process.output
        }

        private func launch(_ name: String, stage: Stage, seeds: [String] = []) throws -> ChildNode.Launch {
            var launch = try stage.launch(name, seeds: seeds)
            launch.httpPort = try FreePorts.pick(1)[0]
            return launch
        }

        @Test func `curl counts at one node, and another node has it`() async throws {
            try await Stage.run { stage in
                let first = try await stage.start(try launch("node1", stage: stage))
                let second = try await stage.start(try launch("node2", stage: stage, seeds: [first.address]))
                let base = "http://127.0.0.1:\(first.launch.httpPort!)"
                let other = "http://127.0.0.1:\(second.launch.httpPort!)"
                let increment = [
                    "--header", "Content-Type: application/json", "--header", "Idempotency-Key: order-1", "--data", #"{"by": 10}"#,
                ]
                for place in [base, other, base] {
                    let answer = try await curl(
                        increment[0], increment[1], increment[2], increment[3], increment[4], increment[5],
                        "\(place)/v1/entities/counter/alice/increment", stage: stage)
                    #expect(try JSONValue.parse(answer)["reply"]?.integer == 10, "\(answer)")
                }
                let state = try await curl("\(other)/v1/entities/counter/alice", stage: stage)
                #expect(state == #"{"state":{"balance":10},"revision":1}"#)
                #expect(try await stage.get("alice", at: second).line == "10")
                let ready = try await curl("--fail", "\(other)/readyz", stage: stage)
                #expect(ready.contains("ready"))
                let members = try JSONValue.parse(try await curl("\(base)/v1/cluster", stage: stage))["members"]?.array
                #expect(members?.count == 2)

                // What was answered over HTTP is as durable as anything.
                for node in [first, second] { node.kill() }
                for node in [first, second] { _ = await node.waitForExit() }
                let back = [try stage.begin(first.launch), try stage.begin(second.launch)]
                for node in back { try await node.waitUntilReady() }
                #expect(try await curl("\(base)/v1/entities/counter/alice", stage: stage) == state)
            }
        }

        @Test(.enabled(if: browser != nil, "Chromium is not installed (apt-get install chromium)"))
        func `the dashboard shows the cluster in a browser`() async throws {
            try await Stage.run { stage in
                let node = try await stage.start(try launch("node1", stage: stage))
                let process = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: browser!,
                        arguments: [
                            "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(stage.folder)/browser",
                            // Time as the page sees it goes on as fast as its requests are answered.
                            "--virtual-time-budget=5000", "--dump-dom", "http://127.0.0.1:\(node.launch.httpPort!)/",
                        ], errorFile: "\(stage.folder)/browser.err"))
                let exit = await process.waitForExit(timeout: .seconds(60))
                if exit == nil { process.signal(SIGKILL) }
                let page = process.output
                #expect(page.contains("1 of 1 members up"), "\(page.suffix(3_000))")
                #expect(page.contains(#"data-shard="counter/9""#) && page.contains(node.address))
                #expect(page.contains("<path"), "the plots are drawn")
            }
        }

        @Test(.enabled(if: browser != nil, "Chromium is not installed (apt-get install chromium)"))
        func `the dashboard asks for a token where the node does`() async throws {
            try await Stage.run { stage in
                let file = "\(stage.folder)/tokens.json"
                _ = try await stage.run(["token", "create", "a", "--role", "read", "--file", file])
                var launch = try launch("node1", stage: stage)
                launch.extraArguments = ["--http-tokens", file]
                let node = try await stage.start(launch)
                let process = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: browser!,
                        arguments: [
                            "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(stage.folder)/browser",
                            "--virtual-time-budget=3000", "--dump-dom", "http://127.0.0.1:\(node.launch.httpPort!)/",
                        ], errorFile: "\(stage.folder)/browser.err"))
                if await process.waitForExit(timeout: .seconds(60)) == nil { process.signal(SIGKILL) }
                #expect(process.output.contains(#"<form id="access">"#) && process.output.contains("a token is needed"), "\(process.output.suffix(3_000))")
                let open = try await curl("http://127.0.0.1:\(node.launch.httpPort!)/", stage: stage)
                #expect(open.contains(#"<form id="access" hidden>"#))
            }
        }

        @Test func `a node ends within five seconds with a stream and a connection open`() async throws {
            try await Stage.run { stage in
                let node = try await stage.start(try launch("node1", stage: stage))
                let base = "http://127.0.0.1:\(node.launch.httpPort!)"
                let stream = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: curlPath!,
                        arguments: ["--silent", "--no-buffer", "--header", "Accept: text/event-stream", "\(base)/v1/entities/counter/a/events"],
                        errorFile: "\(stage.folder)/curl.err"))
                #expect(await waitUntil(within: .seconds(10)) { stream.output.contains("retry") })
                #expect(try await stage.increment("a", by: 3, at: node).line == "3")
                #expect(await waitUntil(within: .seconds(10)) { stream.output.contains(#""data":{"by":3}"#) })
                node.terminate()
                #expect(await node.waitForExit(timeout: .seconds(5)) == .code(0), "\(node.endOfLog())")
                #expect(await stream.waitForExit(timeout: .seconds(5)) == .code(0))
            }
        }

        @Test func `an address for HTTP that is taken or malformed ends the node with its reason`() async throws {
            try await Stage.run { stage in
                let node = try await stage.start(try launch("node1", stage: stage))
                for (address, code) in [("127.0.0.1:\(node.launch.httpPort!)", Int32(69)), ("nowhere", 64), ("127.0.0.1:99999", 64), ("0.0.0.0:0", 64)] {
                    let second = try stage.begin(try stage.launch("node2", arguments: ["--http", address]))
                    #expect(await second.waitForExit() == .code(code), "\(second.endOfLog())")
                    #expect(second.endOfLog().contains(address), "\(second.endOfLog())")
                    #expect(!second.isReady)
                }
            }
        }
    }
}
