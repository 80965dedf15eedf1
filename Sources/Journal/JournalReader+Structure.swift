import Migrations

extension JournalReader {
    /// What no checksum of ours covers: SQLite's pages, and what the views for people say they show.
    func structureProblems() throws(JournalError) -> [String] {
        var problems: [String] = []
        let row = try connection.prepare("PRAGMA quick_check(\(Verification.problemsMax))")
        while try row.step() {
            let line = row.text(0)
            if line != "ok" { problems.append("SQLite: \(line)") }
        }
        return problems + (try viewProblems())
    }

    /// People and scripts believe the views: each must be as its migration defined it. Views of others are none of ours.
    private func viewProblems() throws(JournalError) -> [String] {
        let version = statements.version
        let model = try Connection(path: ":memory:", access: .create)
        defer { model.close() }
        for step in Migrations.all where step.version <= version { try model.execute(step.sql) }
        let wanted = try model.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY name")
        let found = try connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?1")
        var problems: [String] = []
        while try wanted.step() {
            found.bind(1, wanted.text(0))
            let isThere = try found.step()
            if !isThere || found.text(0) != wanted.text(1) {
                problems.append("the view `\(wanted.text(0))` is not the one of version \(version): what it shows is not to be believed")
            }
            if isThere { found.reset() }
        }
        return problems
    }
}
