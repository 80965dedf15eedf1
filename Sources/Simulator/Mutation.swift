internal import Primitives

/// A rule of the core that a run breaks on purpose, to see that the checks notice.
public struct Mutation: Sendable {
    public var name: String
    /// The rule, as it should be.
    public var rule: String
    /// A seed whose run shows that it is broken.
    public var seed: UInt64
    let broken: BrokenRules

    init(_ name: String, _ broken: BrokenRules, _ seed: UInt64, _ rule: String) {
        self.name = name
        self.seed = seed
        self.broken = broken
        self.rule = rule
    }

    public static func named(_ name: String) -> Mutation? { all.first { $0.name == name } }

    public static let all: [Mutation] = consensus + exactlyOnce + engine + journal

    private static let consensus: [Mutation] = [
        Mutation("vote-before-durable", .voteBeforeDurable, 1, "a vote is told only when it is on disk"),
        Mutation("stand-before-durable", .standBeforeDurable, 3, "a candidate asks for votes only when its own vote is on disk"),
        Mutation("acknowledge-before-durable", .acknowledgeBeforeDurable, 1, "a follower acknowledges only what is on disk"),
        Mutation("count-own-copy-early", .countOwnCopyBeforeDurable, 1, "a leader counts its own copy when it is on disk"),
        Mutation("commit-old-term", .commitOldTermByCount, 5, "an earlier term's entry commits only through one of the leader's own"),
        Mutation("read-without-round", .readWithoutRound, 289, "a read waits until a quorum confirms the leader"),
        Mutation("read-by-old-round", .readByOldRound, 195, "only answers to a round begun after the read count for it"),
        Mutation("serve-before-own-term", .serveBeforeOwnTerm, 5, "a leader answers once an entry of its own term is committed"),
        Mutation("vote-twice", .voteTwice, 9, "one vote a term"),
        Mutation("vote-for-shorter-log", .voteForShorterLog, 10, "no vote for a log that is less up to date"),
        Mutation("keep-divergent-tail", .keepDivergentTail, 4, "what contradicts the leader's log is cut off"),
        Mutation("accept-any-previous", .acceptAnyPrevious, 52, "entries are taken only after one that is the leader's"),
        Mutation("change-two-members", .changeTwoMembers, 386, "one member at a time"),
        Mutation("count-learners", .countLearners, 2, "a learner's copy does not count"),
        Mutation("count-removed-leader", .countRemovedLeader, 33, "a leader that removes itself does not count its own copy"),
        Mutation("commit-beyond-match", .commitBeyondMatch, 1, "a follower commits only what it has as its leader has it"),
        Mutation("count-other-terms", .countOtherTerms, 105, "only answers of the leader's own term count"),
        Mutation("follow-older-term", .followOlderTerm, 92, "nobody follows a leader of an older term"),
        Mutation("keep-leading-in-new-term", .keepLeadingInNewTerm, 3, "a leader that hears of a newer term steps down"),
    ]

    private static let exactlyOnce: [Mutation] = [
        Mutation("forget-sessions", .forgetSessionsAtCheckpoint, 88, "a checkpoint holds the sessions and their replies"),
        Mutation("forget-keys", .forgetKeysAtCheckpoint, 28, "a checkpoint holds the request keys and their replies"),
        Mutation("execute-expired-session", .executeExpiredSession, 12, "a forgotten session is never taken for a new one"),
        Mutation("tell-uncommitted", .tellUncommitted, 3, "nothing uncommitted is shown to anyone"),
        Mutation("decide-retry-again", .decideRetryAgain, 1, "a retry waits for its original"),
        Mutation("accept-other-payload", .acceptOtherPayload, 1, "a request id with another payload is refused"),
        Mutation("keep-lost-proposals", .keepLostProposals, 95, "what was proposed in a lost term is dropped"),
        Mutation("forget-reply-at-once", .forgetReplyAtOnce, 2, "a reply is kept until its client has acknowledged it"),
        Mutation("forget-ids-at-snapshot", .forgetIDsAtSnapshot, 2, "a checkpoint that is taken in brings its request ids"),
    ]

    private static let engine: [Mutation] = [
        Mutation("call-it-not-committed", .calledNotCommitted, 79, "a lost proposal's outcome is unknown"),
        Mutation("answer-by-index", .answerByIndexAlone, 37, "a caller is answered from its own entry, by index and term"),
        Mutation("reuse-forward-numbers", .reuseForwardNumbers, 1826, "the number of a passed-on request is never used again"),
        Mutation("ignore-dialers", .ignoreDialers, 39, "a node that knows nobody answers those that dial it"),
        Mutation("compare-start-counts", .compareStartCounts, 261, "an old copy of a journal is known by its starts, and not by their number alone"),
        Mutation("forget-peers", .forgetPeers, 4837, "a node that starts anew still knows which processes it has met"),
        Mutation("follow-old-directory", .followOldDirectory, 6, "a node acts on no older directory than it had"),
        Mutation("give-up-while-member", .giveUpWhileMember, 22, "a replica is given up only when its group went on without it"),
        Mutation("born-again", .bornAgain, 60, "a replica that was given up is not born again with its first members"),
        Mutation("forget-promise", .forgetPromise, 60, "a replica that comes back votes for no log without what its predecessor acknowledged"),
        Mutation("forget-tombstone", .forgetTombstone, 60, "what a given-up replica voted is remembered"),
        Mutation("ignore-full-disk", .ignoreFullDisk, 6, "a full disk takes no new command"),
        Mutation("obey-unsafe-orders", .obeyUnsafeOrders, 1, "members change only while enough others are alive and caught up"),
        Mutation("lose-vote", .losePersistedVote, 1, "the vote is on disk"),
        Mutation("lose-term", .losePersistedTerm, 1, "the term is on disk"),
        Mutation("drop-truncation", .dropTruncation, 4, "a cut log is cut on disk as well"),
    ]

    private static let journal: [Mutation] = [
        Mutation("report-before-flush", .reportBeforeFlush, 26, "a batch is reported when it is flushed"),
        Mutation("keep-torn-batch", .keepTornBatch, 273, "a batch is there as a whole or not at all"),
        Mutation("go-on-after-write-error", .goOnAfterWriteError, 6, "after an error of write or flush the process ends"),
        Mutation("skip-checksums", .skipChecksums, 23, "what is read is verified"),
        Mutation("accept-old-image", .acceptOldImage, 261, "an old copy of a journal is turned away"),
    ]
}
