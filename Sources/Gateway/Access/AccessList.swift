internal import Foundation
internal import HTTPTypes
internal import JSON
internal import Logging
internal import Synchronization

/// Who may do what, by the tokens in a file, which is read again when it changes.
final class AccessList: Sendable {
    private struct Entry {
        var digest: [UInt8]
        var role: AccessRole
    }

    private struct State {
        var entries: [Entry]
        /// What the file held when it was last read, whether or not it could be used.
        var bytes: [UInt8]
    }

    let file: String
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: the reason, for a person, if the file cannot be used.
    init(file: String, logger: Logger) throws(AccessFileError) {
        self.file = file
        self.logger = logger
        let bytes = try Self.read(file)
        state = Mutex(State(entries: try Self.entries(bytes, file), bytes: bytes))
    }

    /// Reads the file again. What cannot be used is logged once, and what was there before stays.
    func reload() {
        do throws(AccessFileError) {
            let bytes = try Self.read(file)
            let isNew = state.withLock { state in
                defer { state.bytes = bytes }
                return state.bytes != bytes
            }
            guard isNew else { return }
            let entries = try Self.entries(bytes, file)
            state.withLock { $0.entries = entries }
            logger.info("the tokens have been read anew", metadata: ["tokens": "\(entries.count)"])
        } catch {
            logger.error("the new tokens cannot be used; the old ones stay", metadata: ["error": "\(error)"])
        }
    }

    private static func read(_ file: String) throws(AccessFileError) -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw AccessFileError("the file of tokens \(file) cannot be read; `holdfast token create` makes one")
        }
        return [UInt8](bytes)
    }

    private static func entries(_ bytes: [UInt8], _ file: String) throws(AccessFileError) -> [Entry] {
        do throws(JSONError) {
            return try AccessTokens(json: bytes).tokens.compactMap { token in
                token.digest.map { Entry(digest: $0, role: token.role) }
            }
        } catch {
            throw AccessFileError("the file of tokens \(file) cannot be used: \(error)")
        }
    }

    // MARK: Requests

    /// - Throws: 401 without a token that is known, 403 with one whose role is not enough.
    func admit(_ authorization: String?, for role: AccessRole) throws(GatewayError) {
        guard let authorization else {
            throw .unauthorized("a token is needed: send Authorization: Bearer TOKEN; `holdfast token create` makes one", problem: nil)
        }
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthorized("the Authorization is not of the form Bearer TOKEN", problem: nil)
        }
        let digest = AccessTokens.digest(Array(parts[1].trimmingCharacters(in: .whitespaces).utf8)[...])
        guard let found = self.role(of: digest) else {
            throw .unauthorized("the token is not known here, or not any more", problem: "invalid_token")
        }
        guard found >= role else {
            throw .tooLittle("the token has the role \(found.rawValue), and this takes \(role.rawValue)", needed: role)
        }
    }

    /// Looks at every byte of every digest, so that the time it takes says nothing about how much of one was right.
    private func role(of digest: [UInt8]) -> AccessRole? {
        let entries = state.withLock { $0.entries }
        var found: AccessRole?
        for entry in entries {
            var difference: UInt8 = 0
            for (left, right) in zip(entry.digest, digest) { difference |= left ^ right }
            if difference == 0 { found = entry.role }
        }
        return found
    }
}

/// What is wrong with a file of tokens.
struct AccessFileError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension GatewayError {
    /// RFC 6750 §3.
    static func unauthorized(_ message: String, problem: String?) -> GatewayError {
        var error = GatewayError(.unauthorized, "unauthorized", message)
        error.challenge = #"Bearer realm="holdfast""# + (problem.map { #", error="\#($0)""# } ?? "")
        return error
    }

    static func tooLittle(_ message: String, needed role: AccessRole) -> GatewayError {
        var error = GatewayError(.forbidden, "forbidden", message)
        error.challenge = #"Bearer realm="holdfast", error="insufficient_scope", scope="\#(role.rawValue)""#
        return error
    }
}
