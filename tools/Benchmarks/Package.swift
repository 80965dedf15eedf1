// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who builds Holdfast builds this: `swift package benchmark` in this folder.
let package = Package(
    name: "holdfast-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "holdfast", path: "../.."),
        // Without its trait for jemalloc, which would have to be installed.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Parts",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "_HoldfastParts", package: "holdfast"),
            ],
            path: "Benchmarks/Parts",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
