import Foundation
import Journal

/// A folder that is made whole or not at all: built beside its place, then moved there.
struct NewFolder {
    let path: String
    let draft: String

    /// - Throws: `.usage` if there is anything in that place.
    /// - Parameter purpose: what makes the folder: `restore`.
    init(_ path: String, for purpose: String) throws(CommandFailure) {
        var trimmed = path
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = trimmed
        draft = trimmed + ".\(purpose)-\(getpid())"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: trimmed, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else { throw .usage("\(path) is a file; a \(purpose) makes a folder") }
        guard let content = try? FileManager.default.contentsOfDirectory(atPath: trimmed), content.isEmpty else {
            throw .usage("\(path) is not empty, and may be in use; a \(purpose) replaces nothing: name a new folder")
        }
    }

    /// An empty folder in that place is replaced. On return the name is durable.
    func moveIntoPlace() throws(CommandFailure) {
        try DurableFile.flushFolder(draft)
        try DurableFile.rename(draft, to: path)
    }

    /// What a full disk means here: nothing was made, and no node waits for space.
    func explaining(_ error: any Error) -> any Error {
        guard let error = error as? JournalError, error.code == .full || error.message.contains("disk is full") else { return error }
        return CommandFailure(
            .journal, "full", "The disk is full: \(path) could not be written, and nothing was kept. Free space there, or name another place.")
    }

    func discard() { try? FileManager.default.removeItem(atPath: draft) }
}
