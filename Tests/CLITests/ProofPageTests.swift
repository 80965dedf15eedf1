import Foundation
import Testing

/// `docs/PROOF.md` maps hazards to tests: what it names must be there.
@Suite struct ProofPageTests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func sources() throws -> (names: Set<String>, text: String) {
        var names: Set<String> = []
        var text = ""
        for folder in ["Tests", "Sources"] {
            let files = FileManager.default.enumerator(at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            for case let file as URL in files! where file.pathExtension == "swift" && file.path != #filePath {
                names.insert(file.deletingPathExtension().lastPathComponent)
                guard folder == "Tests" else { continue }
                text += try String(contentsOf: file, encoding: .utf8)
            }
        }
        // A file may hold several suites.
        for suite in text.matches(of: /struct ([A-Z][A-Za-z]*)/) { names.insert(String(suite.1)) }
        return (names, text)
    }

    @Test func `every hazard of the list has a line, and every test and file named there exists`() throws {
        let page = try String(contentsOf: root.appendingPathComponent("docs/PROOF.md"), encoding: .utf8)
        let table = try #require(page.components(separatedBy: "## Hazards\n").last)
        let (names, text) = try sources()
        for number in 1...33 { #expect(table.contains("\n| \(number) |"), "hazard \(number)") }
        let suites = table.matches(of: /`([A-Z][A-Za-z+]*(?:Tests|Transcripts))`/).map { String($0.1) }
        #expect(suites.count > 50)
        #expect(suites.filter { !names.contains($0) } == [])
        let titles = table.matches(of: /[(,] ?\*([^*\n]+)\*/).map { $0.1.trimmingCharacters(in: CharacterSet(charactersIn: " …")) }
        #expect(titles.count > 30)
        #expect(titles.filter { !text.contains($0) } == [])
    }
}
