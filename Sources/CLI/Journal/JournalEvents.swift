import ArgumentParser
import Journal
import Primitives

struct JournalEvents: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List the committed events, in the order in which this node wrote them.",
        discussion: "One event a line: when, which entity, its revision, and the event. The cluster's own events are those of `directory`.")

    @Option(help: ArgumentHelp("Only this entity's events: its id, or KIND/ID.", valueName: "entity"))
    var entity: String?

    @Flag(help: "With --entity: print where its rows lie, with commas between, for SELECT … FROM events WHERE position IN (…).")
    var positions = false

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !positions || entity != nil else { throw ValidationError("--positions is of one entity: give --entity.") }
    }

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        if positions, let entity { return try list(Self.names(entity).compactMap(\.id), reader) }
        // An id may have a slash in it: whatever it names is shown, whole or as kind and id.
        let names = entity.map(Self.names) ?? [(kind: nil, id: nil)]
        for (kind, id) in names {
            try reader.forEachEvent(entity: id) { event in
                guard kind == nil || kind == event.kind else { return true }
                // A name on the command line means an entity of the application.
                if entity != nil, event.shard == "directory" { return true }
                output.show(EventLine(event))
                return true
            }
        }
    }

    private func list(_ ids: [String], _ reader: JournalReader) throws {
        var found: Set<Int64> = []
        for id in ids { found.formUnion(try reader.positionsOfEvents(entity: id)) }
        let sorted = found.sorted()
        output.json
            ? StandardOutput.json(["positions": sorted]) : StandardOutput.line(sorted.map(String.init).joined(separator: ","))
    }

    static func names(_ text: String) -> [(kind: String?, id: String?)] {
        var names: [(kind: String?, id: String?)] = [(nil, text)]
        if let slash = text.firstIndex(of: "/") {
            names.append((String(text[..<slash]), String(text[text.index(after: slash)...])))
        }
        return names
    }
}
