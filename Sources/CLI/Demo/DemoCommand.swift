import ArgumentParser
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See a cluster form, count, lose a node, and go on.",
        discussion: """
            Starts real nodes on free ports of 127.0.0.1, in a temporary folder that stays there to be looked into. Ends them all at \
            the end, and also if it is interrupted.
            """)

    @Option(help: ArgumentHelp("Where to keep journals and logs. Default: a new folder under the temporary one.", valueName: "dir"))
    var folder: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let folder, let content = try? FileManager.default.contentsOfDirectory(atPath: folder), !content.isEmpty {
            throw ValidationError("\(folder) is not empty; the demo starts from nothing.")
        }
    }

    func run() async throws {
        let place = folder ?? FileManager.default.temporaryDirectory.appendingPathComponent(
            "holdfast-demo-\(UUID().uuidString.prefix(8).lowercased())").path
        do {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.unavailable, "demo", "the folder \(place) cannot be made: \(error.localizedDescription)")
        }
        try await Demo(folder: place, stage: DemoStage(isJSON: output.json)).run()
    }
}
