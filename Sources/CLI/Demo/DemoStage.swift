/// What the demo shows: lines for people, or one JSON object per happening.
struct DemoStage: Sendable {
    let isJSON: Bool

    func heading(_ text: String, isFirst: Bool = false) {
        guard !isJSON else { return }
        if !isFirst { StandardOutput.line("") }
        show("── \(text) ──")
    }

    func formed(nodes: Int) {
        if isJSON { show(Happening(step: "formed", nodes: nodes)) }
        heading("Cluster formed (\(nodes) nodes)", isFirst: true)
    }

    func incremented(_ entity: String, by: Int64, to value: Int64) {
        if isJSON { return show(Happening(step: "increment", entity: entity, by: by, value: value)) }
        show("  [\(entity)] \(value - by) \(by < 0 ? "-" : "+") \(by.magnitude) = \(value)")
    }

    func balance(_ entity: String, _ value: Int64) {
        if isJSON { return show(Happening(step: "balance", entity: entity, value: value)) }
        show("  \(entity): \(value)")
    }

    func joined(node: UInt32, milliseconds: Int) {
        if isJSON { return show(Happening(step: "joined", node: node, milliseconds: milliseconds)) }
        show("  node \(node) has joined, and every shard has three replicas, after \(milliseconds) ms")
    }

    func killed(node: UInt32, process: Int32, shard: String) {
        if isJSON { return show(Happening(step: "killed", node: node, process: process, shard: shard)) }
        show("  node \(node) owns alice (\(shard)): kill -9 \(process)")
    }

    func recovered(milliseconds: Int) {
        if isJSON { return show(Happening(step: "recovered", milliseconds: milliseconds)) }
        show("  alice answers again after \(milliseconds) ms")
    }

    func journal(_ path: String) {
        if isJSON { return show(Happening(step: "journal", path: path)) }
        show("  sqlite3 -readonly \(path) 'SELECT * FROM events'")
    }

    private func show(_ line: String) {
        StandardOutput.line(line)
        StandardOutput.flush()
    }

    private func show(_ happening: Happening) {
        StandardOutput.json(happening)
        StandardOutput.flush()
    }

    private struct Happening: Encodable {
        var step: String
        var nodes: Int?
        var node: UInt32?
        var process: Int32?
        var shard: String?
        var entity: String?
        var by: Int64?
        var value: Int64?
        var milliseconds: Int?
        var path: String?
    }
}
