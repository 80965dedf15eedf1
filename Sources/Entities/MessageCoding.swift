import JSON
import Primitives

/// A command or a query as it travels: its stable name and its JSON.
public struct EncodedMessage: Hashable, Sendable {
    /// The stable name under which its entity lists it.
    public var name: String
    /// The message as JSON.
    public var payload: [UInt8]

    /// A message by its name and JSON.
    public init(name: String, payload: [UInt8]) {
        self.name = name
        self.payload = payload
    }
}

/// How a command ended, before its caller's types are known.
public enum CommandResponse: Hashable, Sendable {
    /// The reply is JSON.
    case replied(Receipt<[UInt8]>)
    case refused(json: [UInt8], message: String)
    case notCommitted(Failure)
    case outcomeUnknown(Failure)
}

extension Command {
    /// - Throws: `.unknownCommand` if the entity does not list this type, `.malformed` if it has no JSON (a NaN, say),
    ///   `.tooLarge`.
    public func encodedMessage() throws(Failure) -> EncodedMessage {
        guard let name = Target.commands.name(of: Self.self) else {
            throw Failure(.unknownCommand, "\(Target.self) does not list \(Self.self) among its commands")
        }
        return EncodedMessage(name: name, payload: try encodedPayload(self, named: name))
    }

    /// The typed end of a command.
    ///
    /// - Throws: what `response` says. A reply that cannot be read is `.outcomeUnknown` with `.unreadableReply`: the
    ///   command did take effect, but this program does not know the reply's form.
    public static func receipt(from response: CommandResponse) throws(CommandError<Refusal>) -> Receipt<Reply> {
        switch response {
        case .replied(let raw):
            do throws(JSONError) {
                return Receipt(
                    reply: try JSON.decode(Reply.self, from: raw.reply), shard: raw.shard, index: raw.index,
                    term: raw.term, revision: raw.revision)
            } catch {
                throw .outcomeUnknown(
                    Failure(
                        .unreadableReply,
                        "the command took effect, but its reply is not a \(Reply.self): \(error)"))
            }
        case .refused(let json, let message):
            let refusal: Refusal
            do throws(JSONError) {
                refusal = try JSON.decode(Refusal.self, from: json)
            } catch {
                throw .notCommitted(
                    Failure(.unreadableReply, "refused: \(message) (not readable as \(Refusal.self): \(error))"))
            }
            throw .refused(refusal)
        case .notCommitted(let failure): throw .notCommitted(failure)
        case .outcomeUnknown(let failure): throw .outcomeUnknown(failure)
        }
    }
}

extension Query {
    /// - Throws: `.unknownQuery` if the entity does not list this type, `.malformed` if it has no JSON, `.tooLarge`.
    public func encodedMessage() throws(Failure) -> EncodedMessage {
        guard let name = Target.queries.name(of: Self.self) else {
            throw Failure(.unknownQuery, "\(Target.self) does not list \(Self.self) among its queries")
        }
        return EncodedMessage(name: name, payload: try encodedPayload(self, named: name))
    }

    /// - Throws: `.unreadableReply`.
    public static func reply(from json: [UInt8]) throws(Failure) -> Reply {
        do throws(JSONError) {
            return try JSON.decode(Reply.self, from: json)
        } catch {
            throw Failure(.unreadableReply, "the answer is not a \(Reply.self): \(error)")
        }
    }
}

private func encodedPayload(_ message: some Encodable, named name: String) throws(Failure) -> [UInt8] {
    let payload: [UInt8]
    do throws(JSONError) {
        payload = try JSON.encode(message)
    } catch {
        throw Failure(.malformed, "\(name) has no JSON: \(error)")
    }
    guard payload.count <= Limits.payloadBytesMax else {
        throw Failure(
            .tooLarge, "\(name) takes \(payload.count) bytes as JSON; at most \(Limits.payloadBytesMax) fit")
    }
    return payload
}
