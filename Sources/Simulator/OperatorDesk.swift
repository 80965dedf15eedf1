internal import Directory
internal import Primitives

/// What somebody has asked of the cluster as a whole: sent again until it is done.
struct OperatorDesk {
    /// Stands in a token where a caller's number would.
    static let tokens: UInt64 = 0xFFFF

    enum Wish: Hashable {
        case register(shards: Int)
        /// A machine with an empty disk wants to be taken in.
        case join(host: Int)
        case remove(NodeID)
        case move(GroupID, NodeID)
        /// Is the cluster whole again?
        case status
    }

    struct Errand {
        var wish: Wish
        var token: UInt64?
        var sent: Instant = .zero
    }

    var errands: [Errand] = []
    private var nextToken: UInt64 = 1

    mutating func ask(_ wish: Wish) {
        guard !errands.contains(where: { $0.wish == wish }) else { return }
        errands.append(Errand(wish: wish))
    }

    mutating func newToken() -> UInt64 {
        nextToken += 1
        return Self.tokens << 40 | nextToken
    }

    mutating func finish(_ token: UInt64) -> Wish? {
        guard let position = errands.firstIndex(where: { $0.token == token }) else { return nil }
        return errands.remove(at: position).wish
    }

    /// The answer was none: the task is sent again with the next round.
    mutating func release(_ token: UInt64) {
        guard let position = errands.firstIndex(where: { $0.token == token }) else { return }
        errands[position].token = nil
    }
}
