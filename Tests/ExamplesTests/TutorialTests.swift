import Foundation
import Testing

/// The tutorial shows code that is compiled and run: each of its Swift blocks stands in a file of the examples or of their tests.
@Suite struct TutorialTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    /// What is called otherwise in the tutorial's own package.
    private static let names = [
        #"builtProgram("Bank")"#: #"builtProgram("holdfast-examples")"#,
        #"name: "Bank", kinds: [BankAccount.self]"#: #"name: "holdfast-examples", kinds: [BankAccount.self, ShoppingCart.self, RateLimiter.self]"#,
        "`Bank node": "`holdfast-examples node",
    ]

    /// Lines of code as they count: without indentation, blank lines and imports, which differ by place.
    private static func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("import ") && !$0.hasPrefix("@testable import ") }
    }

    private static func blocks(of language: String, in article: String) -> [String] {
        article.components(separatedBy: "```\(language)\n").dropFirst().map { String($0[..<($0.range(of: "```")?.lowerBound ?? $0.endIndex)]) }
    }

    @Test func `every Swift block is in a file that is compiled`() throws {
        let sources = try [
            "Sources/Examples/BankAccount.swift", "Sources/Examples/Program.swift", "Tests/ExamplesTests/BankAccountTests.swift",
            "Tests/EndToEnd/ExampleTests.swift",
        ].map { Self.lines(try Self.text($0)).joined(separator: "\n") }
        let blocks = Self.blocks(of: "swift", in: try Self.text("Sources/Holdfast/Holdfast.docc/YourFirstEntity.md"))
        #expect(blocks.count == 5)
        for block in blocks where !block.hasPrefix("// swift-tools-version") {
            var code = block
            for (ours, compiled) in Self.names { code = code.replacingOccurrences(of: ours, with: compiled) }
            let wanted = Self.lines(code).joined(separator: "\n")
            #expect(sources.contains { $0.contains(wanted) }, "not compiled as it stands:\n\(block)")
        }
    }

    @Test func `the manifest names products that there are`() throws {
        let blocks = Self.blocks(of: "swift", in: try Self.text("Sources/Holdfast/Holdfast.docc/YourFirstEntity.md"))
        let manifest = try #require(blocks.first { $0.hasPrefix("// swift-tools-version: 6.1\n") })
        let own = try Self.text("Package.swift")
        let named = manifest.components(separatedBy: ".product(name: \"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(named) == ["Holdfast", "HoldfastCommands", "HoldfastTesting"])
        for product in named { #expect(own.contains(".library(name: \"\(product)\"")) }
    }
}
