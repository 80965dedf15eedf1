import Foundation

/// `HOLDFAST_TEST_SEEDS`: how many seeds the random suites run.
let seedCount = UInt64(ProcessInfo.processInfo.environment["HOLDFAST_TEST_SEEDS"] ?? "") ?? 40
/// `HOLDFAST_VERBOSE`: random suites print how often each fault was provoked.
let isVerbose = ProcessInfo.processInfo.environment["HOLDFAST_VERBOSE"] != nil
/// `HOLDFAST_REWRITE`: transcripts write what they found into their source.
let isRewriting = ProcessInfo.processInfo.environment["HOLDFAST_REWRITE"] != nil

func replace(_ old: String, by new: String, inFile path: String) {
    func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : String(repeating: " ", count: 12) + $0 }.joined(separator: "\n")
    }
    guard let source = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    try? source.replacingOccurrences(of: indented(old) + "\n", with: indented(new) + "\n")
        .write(toFile: path, atomically: true, encoding: .utf8)
}
