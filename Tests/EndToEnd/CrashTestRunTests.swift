import CLI
import Foundation
import Testing

extension EndToEnd {
    /// Short runs of `holdfast crash-test` for what no other test here does.
    @Suite struct CrashTestRuns {
        @Test func `ten thousand callers under whom an owner dies are all answered, each increment once`() async throws {
            try await Stage.run { stage in
                let result = try await stage.run(
                    [
                        "crash-test", "--nodes", "3", "--seconds", "5", "--faults", "kill", "--callers", "10000", "--entities", "2000",
                        "--seed", "30", "--json",
                    ], timeout: .seconds(180))
                #expect(result.exit == .code(0), "\(result)")
                #expect(result.output.contains(#""kill":"#), "\(result)")
            }
        }

        @Test func `packets lost between network namespaces cost nothing that was answered`() async throws {
            try await Stage.run { stage in
                let result = try await stage.run(
                    ["crash-test", "--seconds", "8", "--faults", "netns", "--seed", "5", "--json"], timeout: .seconds(120))
                #expect(result.exit == .code(0), "\(result)")
                #expect(result.output.contains(#""netns":"#) || result.output.contains("netns: skipped"), "\(result)")
            }
        }
    }
}
