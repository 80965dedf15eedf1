import ArgumentParser

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look into a node's journal, check it, copy it, bring it back.",
        discussion: "`status`, `events`, `verify`, `backup`, `export` and `retention` work beside a running node as well as without one, and change nothing.",
        subcommands: [
            JournalStatus.self, JournalEvents.self, JournalVerify.self, JournalBackup.self, JournalRestore.self, JournalExport.self,
            JournalImport.self, JournalRetention.self, JournalCompact.self,
        ])
}

/// Which journal.
struct JournalPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The node's folder.", valueName: "dir"), completion: .directory)
    var data: String
}
