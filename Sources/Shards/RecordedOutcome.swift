import Entities
import JSON
import Primitives

/// How an outcome stands in an `EntryRecord`.
///
/// With events, the record's reply is the reply. Without, it may be a refusal, so it says which: `{"reply":…}` or
/// `{"message":"…","refusal":…}`.
enum RecordedOutcome {
    static let noEvents: [UInt8] = Array("[]".utf8)
    private static let replyPrefix = Array(#"{"reply":"#.utf8)
    private static let messagePrefix = Array(#"{"message":"#.utf8)
    private static let refusalInfix = Array(#","refusal":"#.utf8)
    private static let end = UInt8(ascii: "}")

    /// The reply field of a record without events.
    static func encoded(_ outcome: Outcome) throws(Failure) -> [UInt8] {
        guard let message = outcome.refusalMessage else { return replyPrefix + outcome.json + [end] }
        return messagePrefix + (try write(message, JSONCoder(), as: "a refusal's message")) + refusalInfix + outcome.json + [end]
    }

    /// The outcome of `record`.
    static func decoded(from record: EntryRecord) throws(MalformedBytes) -> Outcome {
        guard record.events == noEvents else { return Outcome(json: record.reply) }
        let bytes = record.reply
        guard bytes.last == end else { throw MalformedBytes("a recorded answer is cut short") }
        if bytes.starts(with: replyPrefix) {
            return Outcome(json: Array(bytes[replyPrefix.count..<bytes.count - 1]))
        }
        let message: String
        var start = messagePrefix.count + refusalInfix.count
        do throws(JSONError) {
            message = try JSON.decode(Refused.self, from: bytes).message
            start += try JSON.encode(message).count
        } catch {
            throw MalformedBytes("a recorded refusal cannot be read: \(error)")
        }
        guard start < bytes.count else { throw MalformedBytes("a recorded refusal is cut short") }
        return Outcome(json: Array(bytes[start..<bytes.count - 1]), refusalMessage: message)
    }

    private struct Refused: Decodable { var message: String }
}
