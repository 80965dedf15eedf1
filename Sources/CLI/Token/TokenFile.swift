import Foundation
import Gateway
import JSON

/// A file of tokens on this machine.
struct TokenFile {
    var path: String

    /// ISO 8601.
    static var now: String { Date().formatted(.iso8601) }

    /// - Parameter isMade: a file that is not there holds no token yet.
    func read(orMake isMade: Bool = false) throws(CommandFailure) -> AccessTokens {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            if isMade, !FileManager.default.fileExists(atPath: path) { return AccessTokens() }
            throw .noSuchThing("the file of tokens \(path) cannot be read; `holdfast token create` makes one")
        }
        do throws(JSONError) { return try AccessTokens(json: [UInt8](bytes)) } catch {
            throw .usage("the file of tokens \(path) cannot be used: \(error)")
        }
    }

    func write(_ tokens: AccessTokens) throws(CommandFailure) {
        let text: String
        do throws(JSONError) { text = String(decoding: try JSON.encode(tokens), as: UTF8.self) } catch {
            preconditionFailure("tokens are made of text, all of which has JSON: \(error)")
        }
        try SecretFile.write(text + "\n", to: path, mode: 0o600)
    }
}
