/// Where the README's commands are run that are not run as they stand there: they build, damage something first, or take long.
struct RunElsewhere {
    /// From the project's folder on.
    var file: String
    /// What that file has if it runs the command.
    var words: String

    static let list: [String: RunElsewhere] = [
        // What it has of its own, tools/prepare and a build, comes before any test.
        "tools/demo": Self(file: "Tests/EndToEnd/DemoTests.swift", words: #"["demo", "--folder", folder]"#),
        // It runs this very test.
        "tools/test": Self(file: "tools/test", words: "swift test --skip-build"),
        "tools/cluster up": Self(file: "Tests/EndToEnd/LocalClusterScriptTests.swift", words: #"Self.run(["up", "2"]"#),
        "holdfast node repair --data data/3 --listen 127.0.0.1:7402 --seed 127.0.0.1:7400": Self(
            file: "Tests/EndToEnd/CareTests.swift", words: "a damaged node is brought back from its peers by one command"),
        "holdfast crash-test": crashTest,
        "holdfast crash-test --nodes 3 --seconds 60": crashTest,
        "holdfast crash-test --nodes 3 --seconds 380 --faults kill --seed 101": crashTest,
        "holdfast simulate --seeds 1000": Self(file: "tools/test", words: "\ntools/simulate\n"),
        // They want the machine to themselves, and are run when their figures are taken anew.
        "tools/bench-peers --seconds 2": Self(file: "tools/bench-peers", words: "takes about a quarter of an hour"),
        "tools/bench-http": Self(file: "tools/bench-http", words: "takes about six minutes"),
    ]

    private static let crashTest = Self(
        file: "Tests/EndToEnd/ThreeNodesTests.swift", words: #"["crash-test", "--nodes", "3", "--seconds", "15""#)
}
