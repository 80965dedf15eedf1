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
        Mutation("vote-before-durable", .voteBeforeDurable, "a vote is told only when it is on disk"),
        Mutation("stand-before-durable", .standBeforeDurable, "a candidate asks for votes only when its own vote is on disk"),
        Mutation("acknowledge-before-durable", .acknowledgeBeforeDurable, "a follower acknowledges only what is on disk"),
        Mutation("count-own-copy-early", .countOwnCopyBeforeDurable, "a leader counts its own copy when it is on disk"),
        Mutation("commit-old-term", .commitOldTermByCount, "an earlier term's entry commits only through one of the leader's own"),
        Mutation("read-without-round", .readWithoutRound, "a read waits until a quorum confirms the leader"),
        Mutation("read-by-old-round", .readByOldRound, "only answers to a round begun after the read count for it"),
        Mutation("serve-before-own-term", .serveBeforeOwnTerm, "a leader answers once an entry of its own term is committed"),
        Mutation("vote-twice", .voteTwice, "one vote a term"),
        Mutation("vote-for-shorter-log", .voteForShorterLog, "no vote for a log that is less up to date"),
        Mutation("keep-divergent-tail", .keepDivergentTail, "what contradicts the leader's log is cut off"),
        Mutation("accept-any-previous", .acceptAnyPrevious, "entries are taken only after one that is the leader's"),
        Mutation("change-two-members", .changeTwoMembers, "one member at a time"),
        Mutation("count-learners", .countLearners, "a learner's copy does not count"),
        Mutation("count-removed-leader", .countRemovedLeader, "a leader that removes itself does not count its own copy"),
        Mutation("commit-beyond-match", .commitBeyondMatch, "a follower commits only what it has as its leader has it"),
        Mutation("count-other-terms", .countOtherTerms, "only answers of the leader's own term count"),
        Mutation("follow-older-term", .followOlderTerm, "nobody follows a leader of an older term"),
        Mutation("keep-leading-in-new-term", .keepLeadingInNewTerm, "a leader that hears of a newer term steps down"),
    ]

    private static let exactlyOnce: [Mutation] = [
        Mutation("forget-sessions", .forgetSessionsAtCheckpoint, "a checkpoint holds the sessions and their replies"),
        Mutation("forget-keys", .forgetKeysAtCheckpoint, "a checkpoint holds the request keys and their replies"),
        Mutation("execute-expired-session", .executeExpiredSession, "a forgotten session is never taken for a new one"),
        Mutation("tell-uncommitted", .tellUncommitted, "nothing uncommitted is shown to anyone"),
        Mutation("decide-retry-again", .decideRetryAgain, "a retry waits for its original"),
        Mutation("accept-other-payload", .acceptOtherPayload, "a request id with another payload is refused"),
        Mutation("keep-lost-proposals", .keepLostProposals, "what was proposed in a lost term is dropped"),
        Mutation("forget-reply-at-once", .forgetReplyAtOnce, "a reply is kept until its client has acknowledged it"),
        Mutation("forget-ids-at-snapshot", .forgetIDsAtSnapshot, "a checkpoint that is taken in brings its request ids"),
    ]

    private static let engine: [Mutation] = [
        Mutation("call-it-not-committed", .calledNotCommitted, "a lost proposal's outcome is unknown"),
        Mutation("answer-by-index", .answerByIndexAlone, "a caller is answered from its own entry, by index and term"),
        Mutation("reuse-forward-numbers", .reuseForwardNumbers, "the number of a passed-on request is never used again"),
        Mutation("follow-old-directory", .followOldDirectory, "a node acts on no older directory than it had"),
        Mutation("give-up-while-member", .giveUpWhileMember, "a replica is given up only when its group went on without it"),
        Mutation("born-again", .bornAgain, "a replica that was given up is not born again with its first members"),
        Mutation("forget-tombstone", .forgetTombstone, "what a given-up replica voted is remembered"),
        Mutation("ignore-full-disk", .ignoreFullDisk, "a full disk takes no new command"),
        Mutation("obey-unsafe-orders", .obeyUnsafeOrders, "members change only while enough others are alive and caught up"),
        Mutation("lose-vote", .losePersistedVote, "the vote is on disk"),
        Mutation("lose-term", .losePersistedTerm, "the term is on disk"),
        Mutation("drop-truncation", .dropTruncation, "a cut log is cut on disk as well"),
    ]

    private static let journal: [Mutation] = [
        Mutation("report-before-flush", .reportBeforeFlush, "a batch is reported when it is flushed"),
        Mutation("keep-torn-batch", .keepTornBatch, "a batch is there as a whole or not at all"),
        Mutation("go-on-after-write-error", .goOnAfterWriteError, "after an error of write or flush the process ends"),
        Mutation("skip-checksums", .skipChecksums, "what is read is verified"),
        Mutation("accept-old-image", .acceptOldImage, "an old copy of a journal is turned away"),
    ]
}
