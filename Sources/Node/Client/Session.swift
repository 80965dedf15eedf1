internal import DequeModule
internal import Primitives

/// A client's numbered requests (HAZARDS 15): which number comes next, and below which all are answered.
struct Session {
    private(set) var client: UInt64
    private(set) var opened: Int64
    private var next: UInt64 = 1
    /// Numbers not yet answered, from the lowest on; nil once answered. The first is never nil.
    private var open: Deque<UInt64?> = []

    init(client: UInt64, opened: Int64) {
        self.client = client
        self.opened = opened
    }

    mutating func begin() -> SessionRequest {
        let number = next
        next += 1
        open.append(number)
        return request(number)
    }

    /// The id of an open request, with the newest word on what is answered.
    func request(_ number: UInt64) -> SessionRequest {
        SessionRequest(
            client: client, opened: opened, number: number, acknowledgedBelow: (open.first ?? nil) ?? next)
    }

    mutating func end(_ number: UInt64) {
        guard let first = open.first ?? nil, number >= first, number < next else { return }
        open[Int(number - first)] = nil
        while let head = open.first, head == nil { open.removeFirst() }
    }

    /// Requests in flight beyond which new ones wait: a shard remembers that many replies of one session.
    static let openMax = 2_048
    var isFull: Bool { open.count >= Self.openMax }
    var isIdle: Bool { open.isEmpty }
}
