import CLI
import Foundation
import Testing

/// What a README promises can be typed: every fenced block marked `sh runnable`, run word for word.
///
/// The blocks under one heading are one script, run in an empty folder with `holdfast` in the path, and, where that is possible, in a
/// network of its own. A command that fails fails the script. A comment `# → TEXT` at the end of a line says that the output
/// has that text, each after the one before.
struct ReadmeScript: CustomTestStringConvertible {
    var heading: String
    var lines: [String]

    var testDescription: String { heading }

    /// The texts that the output must have, in this order.
    var expectations: [String] {
        lines.compactMap { line in
            line.firstRange(of: "# → ").map { line[$0.upperBound...].trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The scripts of a document, one for each heading that has any.
    static func all(in document: String) -> [ReadmeScript] {
        var scripts: [ReadmeScript] = []
        var heading = ""
        var fence: Substring?
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = fence {
                if line.hasPrefix("```") { fence = nil } else if open == "sh runnable" { scripts[scripts.count - 1].lines.append(String(line)) }
            } else if line.hasPrefix("```") {
                fence = line.dropFirst(3)
                if fence == "sh runnable", scripts.last?.heading != heading { scripts.append(ReadmeScript(heading: heading, lines: [])) }
            } else if line.hasPrefix("#") {
                heading = line.drop { $0 == "#" || $0 == " " }.description
            }
        }
        return scripts
    }

    static let inThisProject: [ReadmeScript] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return all(in: (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? "")
    }()
}

extension EndToEnd {
    @Suite struct Readme {
        @Test(arguments: ReadmeScript.inThisProject)
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
                    let found = try #require(rest.firstRange(of: expectation), "“\(expectation)” is not in: \(process.output)\n\(errors)")
                    rest = rest[found.upperBound...]
                }
            }
        }

        @Test func `blocks are put together by heading, and others are left alone`() {
            let scripts = ReadmeScript.all(
                in: "# A\n```sh\nno\n```\n## B\n```sh runnable\none  # → 1\n# no heading\n```\ntext\n```sh runnable\ntwo\n```\n## C\n```swift\n# no\n```\n## D\n```sh runnable\nthree # → x y \n```\n")
            #expect(scripts.map(\.heading) == ["B", "D"])
            #expect(scripts.map(\.lines) == [["one  # → 1", "# no heading", "two"], ["three # → x y "]])
            #expect(scripts.map(\.expectations) == [["1"], ["x y"]])
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
