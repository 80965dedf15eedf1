public import Primitives

/// Times and bounds of one group. The same on every node of a cluster.
public struct RaftSettings: Hashable, Sendable {
    /// A leader that has nothing to say says so this often.
    public var heartbeatInterval: Span = .milliseconds(100)
    /// A follower that hears nothing waits for a random time in [election, 2 × election) before it campaigns; also the stickiness
    /// of a voter and the CheckQuorum period of a leader.
    public var electionTimeout: Span = .milliseconds(600)
    /// After a hint that the leader's process is gone: campaign after a random time below this.
    public var hintedElectionDelay: Span = .milliseconds(40)
    /// Entries of one append message.
    public var appendEntriesMax = 1_024
    /// Payload bytes of one append message; one larger entry still goes alone.
    public var appendBytesMax = 1 << 20
    /// Bytes sent to one follower and not yet acknowledged.
    public var inFlightBytesMax = 8 << 20
    /// Append messages sent to one follower and not yet acknowledged.
    public var inFlightMessagesMax = 64
    /// Payload bytes of entries kept in memory per group for followers that are a little behind; what is not yet applied or durable is
    /// kept in any case.
    public var windowBytesMax = 1 << 20
    /// Payload bytes of proposals not yet committed; past it `propose` says `.overloaded`.
    public var uncommittedBytesMax = 16 << 20
    /// A learner is caught up when it is no further behind than this many entries.
    public var promotionLagMax = 1_024

    /// Rules broken by a test; empty otherwise.
    package var broken: BrokenRules = []

    public init() {}
}
