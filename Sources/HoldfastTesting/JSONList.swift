internal import JSON

/// What records hold, taken apart without changing a byte of it.
enum JSONList {
    /// The elements of a JSON array.
    static func elements(_ array: [UInt8]) throws(EntityFlaw) -> [[UInt8]] {
        do throws(JSONError) { return try JSON.decode([JSONText].self, from: array).map(\.bytes) } catch {
            throw EntityFlaw(.coding, "\(text(array)) is no JSON array: \(error)")
        }
    }

    /// The answer of a record without events: `{"reply":…}` or `{"message":"…","refusal":…}`.
    static func unwrapped(_ reply: [UInt8]) throws(EntityFlaw) -> (answer: [UInt8], isRefusal: Bool) {
        do throws(JSONError) {
            let wrapped = try JSON.decode(Wrapped.self, from: reply)
            return (wrapped.answer.bytes, wrapped.isRefusal)
        } catch {
            throw EntityFlaw(.coding, "\(text(reply)) is no recorded answer: \(error)")
        }
    }

    /// Either may be `null`, so what counts is which key is there.
    private struct Wrapped: Decodable {
        var answer: JSONText
        var isRefusal: Bool

        private enum CodingKeys: CodingKey { case reply, refusal }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            isRefusal = members.contains(.refusal)
            answer = try members.decode(JSONText.self, forKey: isRefusal ? .refusal : .reply)
        }
    }
}
