import Foundation

/// A folder that is made whole or not at all: built beside its place, then moved there.
struct NewFolder {
    let path: String
    let draft: String

    /// - Throws: `.usage` if there is anything in that place.
    init(_ path: String) throws(CommandFailure) {
        var trimmed = path
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = trimmed
        draft = trimmed + ".restoring-\(getpid())"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: trimmed, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else { throw .usage("\(path) is a file; a restore makes a folder") }
        guard let content = try? FileManager.default.contentsOfDirectory(atPath: trimmed), content.isEmpty else {
            throw .usage("\(path) is not empty; a restore replaces nothing: name a new folder")
        }
    }

    /// An empty folder in that place is replaced. On return the name is durable.
    func moveIntoPlace() throws(CommandFailure) {
        guard rename(draft, path) == 0 else {
            throw CommandFailure(.journal, "cannotWrite", "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let file = open(parent, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    func discard() { try? FileManager.default.removeItem(atPath: draft) }
}
