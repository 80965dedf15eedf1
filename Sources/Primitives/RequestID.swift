/// What makes a command exactly-once: the same id, however often it comes, takes effect once.
///
/// Made once by the caller, outside its retry loop.
public enum RequestID: Hashable, Sendable {
    /// A native client's numbered request. Memory for it is bounded by what the client has not yet acknowledged.
    case session(SessionRequest)
    /// A free-form key (`Idempotency-Key`, `--request-id`): UTF-8 of `Limits.requestKeyBytes`, scoped to its entity,
    /// remembered for a documented window.
    case key([UInt8])
}

/// Request `number` of one client's session.
///
/// - SeeAlso: Ongaro, Consensus: Bridging Theory and Practice, §6.3; Lee et al., Implementing Linearizability at Large
///   Scale and Low Latency (RIFL), 2015.
public struct SessionRequest: Hashable, Sendable {
    /// 64 random bits that name the client.
    public var client: UInt64
    /// When the session was opened, by the cluster's word: later sessions have higher values. A shard that forgets
    /// sessions remembers the highest value it forgot, so a forgotten session is told apart from a new one for ever.
    public var opened: Int64
    /// 1, 2, 3 … in the order in which the client made its requests.
    public var number: UInt64
    /// Every request below this number has been answered to the client, which will never send it again.
    public var acknowledgedBelow: UInt64

    public init(client: UInt64, opened: Int64, number: UInt64, acknowledgedBelow: UInt64) {
        self.client = client
        self.opened = opened
        self.number = number
        self.acknowledgedBelow = acknowledgedBelow
    }
}
