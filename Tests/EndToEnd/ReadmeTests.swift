import CLI
import Foundation
import Testing

extension EndToEnd {
    @Suite struct Readme {
        @Test(arguments: ReadmeScript.all(in: ReadmeScript.readme))
        func `the commands of the README do what it says`(_ script: ReadmeScript) async throws {
            try await Stage.run { stage in
                let folder = stage.folder + "/work"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let file = stage.folder + "/readme.sh"
                let text = """
                    set -euo pipefail
                    cd '\(folder)'
                    trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

                    """ + script.lines.joined(separator: "\n") + "\n"
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                var launch = ChildProcess.Launch(
                    executable: "/usr/bin/env",
                    // A script that hangs takes its nodes with it: `timeout` ends the whole group.
                    arguments: ["timeout", "--kill-after=5", "120", "bash", "-c", Self.network, "readme", file], errorFile: stage.folder + "/readme.err")
                let own = (Stage.executable as NSString).deletingLastPathComponent
                launch.environment = ["PATH": own + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
                let process = try ChildProcess.start(launch)
                let exit = try #require(await process.waitForExit(timeout: .seconds(130)))
                let errors = (try? String(contentsOfFile: stage.folder + "/readme.err", encoding: .utf8)) ?? ""
                guard exit != .code(Self.taken) else {
                    print("The README's ports are in use, and there is no network of our own to be had: “\(script.heading)” was not run.")
                    return
                }
                try #require(exit == .code(0), "\(script.heading): \(process.output)\n\(errors)")
                var rest = process.output[...]
                for expectation in script.expectations {
                    let end = try #require(expectation.end(in: rest), "“\(expectation.text)” is not in: \(process.output)\n\(errors)")
                    rest = rest[end...]
                }
            }
        }

        @Test func `every command of the README is run, here or where the list says`() throws {
            let document = ReadmeScript.readme
            let scripts = ReadmeScript.all(in: document).flatMap(\.lines)
            let commands = ReadmeScript.commandsLeftAlone(in: document)
            #expect(!scripts.isEmpty && !commands.isEmpty)
            for command in commands where !scripts.contains(where: { $0.contains(command) }) {
                #expect(RunElsewhere.list[command] != nil, "nothing runs “\(command)”: mark its block `sh runnable`, or name the test that runs it")
            }
            for (command, place) in RunElsewhere.list {
                #expect(commands.contains(command), "“\(command)” is no longer in the README")
                let text = try String(contentsOfFile: ReadmeScript.root + "/" + place.file, encoding: .utf8)
                #expect(text.contains(place.words), "“\(place.words)” is not in \(place.file), which is said to stand for “\(command)”")
            }
        }

        @Test func `blocks are put together by heading, and others are told apart`() {
            let document = """
                # A
                ```sh
                no    # a remark
                # nothing
                ```
                ## B
                ```sh runnable
                one  # → 1
                # no heading
                ```
                text with `holdfast one` and `tools/two --x`, and `holdfast` and `--x`
                ```sh runnable
                two
                ```
                ## C
                ```swift
                # no
                ```
                ```sh continued
                three
                ```
                ## D
                ```sh runnable
                three # → x y\u{20}
                ```
                """
            let scripts = ReadmeScript.all(in: document)
            #expect(scripts.map(\.heading) == ["B", "D"])
            #expect(scripts.map(\.lines) == [["one  # → 1", "# no heading", "two", "three"], ["three # → x y "]])
            #expect(scripts.map { $0.expectations.map(\.text) } == [["1"], ["x y"]])
            #expect(ReadmeScript.commandsLeftAlone(in: document) == ["no", "holdfast one", "tools/two --x"])
        }

        @Test func `a number in the output is the whole number`() {
            let twenty = ReadmeScript.Expectation(text: "20")
            #expect(twenty.end(in: "1000020\n201") == nil)
            #expect(twenty.end(in: "1000020\n20 a").map { "1000020\n20 a"[$0...] } == " a")
            #expect(ReadmeScript.Expectation(text: "{x").end(in: "a{x}") != nil)
        }

        private static let taken: Int32 = 99

        /// Runs `$1` in a network namespace, where the README's ports are free whatever else runs here; without the right to make one,
        /// only if they are free.
        private static let network = """
            if unshare --net true 2>/dev/null && command -v ip >/dev/null; then
                exec unshare --net bash -c 'ip link set lo up && exec bash "$1"' readme "$1"
            fi
            for port in $(grep -oE '127\\.0\\.0\\.1:[0-9]+' "$1" | cut -d: -f2 | sort -u); do
                if (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; then exit \(taken); fi
            done
            exec bash "$1"
            """
    }
}
