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
        "holdfast node repair --data data/3 --listen 127.0.0.1:7402 --seed 127.0.0.1:7400": Self(
            file: "Tests/EndToEnd/CareTests.swift", words: "a damaged node is brought back from its peers by one command"),
        "holdfast crash-test --nodes 3 --seconds 60": Self(
            file: "Tests/EndToEnd/ThreeNodesTests.swift", words: #"["crash-test", "--nodes", "3", "--seconds", "15""#),
        "holdfast simulate --seeds 1000": Self(file: "tools/test", words: "\ntools/simulate\n"),
        // It wants the machine to itself, and is run when its figures are taken anew.
        "tools/bench-peers --seconds 2": Self(file: "tools/bench-peers", words: "takes about a quarter of an hour"),
    ]
}
