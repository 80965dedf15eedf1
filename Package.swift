// swift-tools-version: 6.1
import PackageDescription

/// Settings of every Swift target: the Swift 6 language mode comes from the tools version.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "holdfast",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Holdfast", targets: ["Holdfast"]),
        .library(name: "HoldfastCommands", targets: ["HoldfastCommands"]),
        .library(name: "HoldfastTesting", targets: ["HoldfastTesting"]),
        .executable(name: "holdfast", targets: ["HoldfastBinary"]),
        .executable(name: "holdfast-examples", targets: ["Examples"]),
        // For tools/Benchmarks; no API, and free to change with every release.
        .library(
            name: "_HoldfastParts",
            targets: ["Primitives", "JSON", "Entities", "Consensus", "Shards", "Engine", "Journal"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The pure core: values, no I/O, no clock, no threads, no Foundation.
        .target(name: "Primitives", swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Entities", dependencies: ["Primitives", "JSON"], swiftSettings: strict),
        .target(
            name: "Consensus",
            dependencies: ["Primitives", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: strict),
        .target(name: "Directory", dependencies: ["Primitives", "JSON"], swiftSettings: strict),
        .target(
            name: "Shards",
            dependencies: [
                "Primitives", "JSON", "Entities", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: [
                "Primitives", "JSON", "Entities", "Consensus", "Directory", "Shards",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),

        .target(name: "Linearizability", dependencies: ["Primitives", "JSON"], swiftSettings: strict),
        .target(
            name: "Simulator",
            dependencies: [
                "Primitives", "JSON", "Entities", "Consensus", "Directory", "Shards", "Engine", "Linearizability",
            ],
            swiftSettings: strict),

        // The shells: disk and network. They never import each other.
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .target(
            name: "Migrations", path: "Migrations",
            exclude: [],
            sources: ["Migrations.swift"],
            resources: [.embedInCode("V0001_journal.sql"), .embedInCode("V0002_promises.sql"), .embedInCode("V0003_starts.sql")],
            swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: [
                "Primitives", "JSON", "Consensus", "Shards", "Engine", "CSQLite", "Migrations",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "Transport",
            dependencies: [
                "Primitives",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Composition.
        .target(name: "CRehearsal"),
        .target(
            name: "Node",
            dependencies: [
                "Primitives", "JSON", "Entities", "Consensus", "Directory", "Shards", "Engine", "Journal",
                "Transport", "CRehearsal",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: strict),
        .target(
            name: "Telemetry", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "Primitives", "JSON", "Entities", "Shards", "Engine", "Transport", "Node", "Telemetry",
                "Directory",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            resources: [.embedInCode("Dashboard/dashboard.html")],
            swiftSettings: strict),
        .target(
            name: "Certificates",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        .target(name: "Holdfast", dependencies: ["Entities", "Node"], swiftSettings: strict),
        // Child processes, and what kills them.
        .target(name: "Processes", swiftSettings: strict),
        .target(
            name: "CrashTesting",
            dependencies: [
                "Processes", "Node", "Journal", "Entities", "Primitives", "JSON", "Directory", "Engine", "Shards", "Linearizability", "CSQLite",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // The command line, and the programs that have it: `holdfast`, an application's own, the examples.
        .target(
            name: "CLI",
            dependencies: [
                "Processes", "CrashTesting", "Holdfast", "Node", "Certificates", "Gateway", "Telemetry", "Journal", "Entities", "Primitives", "JSON", "Directory",
                "Shards", "Consensus", "Engine", "Linearizability", "Simulator", "CSQLite", "Migrations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        .executableTarget(name: "HoldfastBinary", dependencies: ["CLI"], swiftSettings: strict),
        .target(name: "HoldfastCommands", dependencies: ["CLI", "Entities"], swiftSettings: strict),
        .executableTarget(name: "Examples", dependencies: ["Holdfast", "HoldfastCommands"], swiftSettings: strict),

        // What an application's tests import.
        .target(
            name: "HoldfastTesting",
            dependencies: [
                "CrashTesting", "Directory", "Engine", "Entities", "JSON", "Node", "Primitives", "Processes", "Shards", "Simulator",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // The simulator alone, for tools/simulate.
        .executableTarget(
            name: "SimulatorRuns", dependencies: ["Simulator"], path: "tools/simulator", swiftSettings: strict),
        // What tools/bench-guard counts the instructions of.
        .executableTarget(
            name: "FixedWork",
            dependencies: ["Directory", "Engine", "Entities", "JSON", "Journal", "Primitives", "Shards"],
            path: "tools/bench/FixedWork", swiftSettings: strict),

        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "EntitiesTests", dependencies: ["Entities", "JSON", "Primitives"], swiftSettings: strict),
        .testTarget(name: "ConsensusTests", dependencies: ["Consensus", "Primitives"], swiftSettings: strict),
        .testTarget(name: "DirectoryTests", dependencies: ["Directory", "JSON", "Primitives"], swiftSettings: strict),
        .testTarget(
            name: "ShardsTests", dependencies: ["Shards", "Entities", "JSON", "Primitives"], swiftSettings: strict),
        .testTarget(
            name: "EngineTests", dependencies: ["Engine", "Directory", "Entities", "JSON", "Primitives", "Shards"], swiftSettings: strict),
        // A disk that fails and forgets, for the journal's tests.
        .target(
            name: "CFaultyDisk", path: "Tests/Support/CFaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "JournalTests",
            dependencies: [
                "Journal", "Engine", "Consensus", "Shards", "Entities", "CSQLite", "CFaultyDisk", "Primitives",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Transport", "Primitives", "Certificates",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "NodeTests", dependencies: ["Node", "Holdfast", "Engine", "Entities", "Journal", "Primitives", "Shards"], swiftSettings: strict
        ),
        .testTarget(
            name: "LinearizabilityTests", dependencies: ["Linearizability", "JSON", "Primitives"], swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Telemetry", "Node", "Engine", "Shards", "Entities", "Primitives", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        // An application with a bug, in processes of its own.
        .target(name: "Fragile", dependencies: ["Holdfast"], path: "Tests/Support/Fragile", swiftSettings: strict),
        .executableTarget(
            name: "FragileNode", dependencies: ["Fragile", "Holdfast", .product(name: "Logging", package: "swift-log")],
            path: "Tests/Support/FragileNode", swiftSettings: strict),
        .testTarget(name: "SimulatorTests", dependencies: ["Simulator", "Primitives"], swiftSettings: strict),
        .testTarget(
            name: "CrashTestingTests",
            dependencies: ["CrashTesting", "Processes", "Migrations", "CSQLite", "Linearizability", "Primitives"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastTestingTests",
            dependencies: ["HoldfastTesting", "Holdfast", "Entities", "JSON", "Primitives", "Simulator"], swiftSettings: strict),
        .testTarget(name: "ExamplesTests", dependencies: ["Examples", "Holdfast", "HoldfastTesting"], swiftSettings: strict),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "CLI", "Directory", "Engine", "Entities", "JSON", "Journal", "Migrations", "Node", "CSQLite", "Primitives",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["CLI", "HoldfastBinary", "Examples", "HoldfastTesting", "Fragile", "FragileNode", "Holdfast", "Journal", "Node", "Engine", "Entities", "Directory", "Primitives", "JSON", "Shards", "CSQLite"],
            path: "Tests/EndToEnd", swiftSettings: strict),
    ]
)

/// What the decoders' tests and the fuzzer are made of.
let decoders: [Target.Dependency] = [
    "Consensus", "Directory", "Engine", "Entities", "JSON", "Journal", "Primitives", "Shards", "Transport",
    .product(name: "NIOCore", package: "swift-nio"),
]
// The same folder is a test suite, and, for tools/fuzz alone, a program under libFuzzer.
if Context.environment["HOLDFAST_FUZZ"] == nil {
    package.targets.append(
        .testTarget(
            name: "FuzzTests", dependencies: decoders, path: "Tests/Fuzz", exclude: ["Main.swift", "Corpus"], swiftSettings: strict))
} else {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: decoders, path: "Tests/Fuzz", exclude: ["DecoderTests.swift", "Corpus"], swiftSettings: strict))
}
