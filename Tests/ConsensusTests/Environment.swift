import Foundation

/// `HOLDFAST_SEEDS`: how many seeds the random suites run.
let seedCount = UInt64(ProcessInfo.processInfo.environment["HOLDFAST_SEEDS"] ?? "") ?? 150
/// `HOLDFAST_VERBOSE`: random suites print how often each fault was provoked.
let isVerbose = ProcessInfo.processInfo.environment["HOLDFAST_VERBOSE"] != nil
