/// Rules that a test has broken on purpose, to see that the simulator notices.
///
/// Empty in every other process: only the simulator sets it, in the settings of one run. A rule that is tested nowhere is no rule.
package struct BrokenRules: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(_ bit: UInt64) { rawValue = 1 << bit }

    // Consensus.
    package static let voteBeforeDurable = BrokenRules(0)
    package static let standBeforeDurable = BrokenRules(1)
    package static let acknowledgeBeforeDurable = BrokenRules(2)
    package static let countOwnCopyBeforeDurable = BrokenRules(3)
    package static let commitOldTermByCount = BrokenRules(4)
    package static let readWithoutRound = BrokenRules(5)
    package static let readByOldRound = BrokenRules(6)
    package static let serveBeforeOwnTerm = BrokenRules(7)
    package static let voteTwice = BrokenRules(8)
    package static let voteForShorterLog = BrokenRules(9)
    package static let keepDivergentTail = BrokenRules(10)
    package static let acceptAnyPrevious = BrokenRules(11)
    package static let changeTwoMembers = BrokenRules(12)
    package static let countLearners = BrokenRules(13)
    package static let countRemovedLeader = BrokenRules(14)
    package static let commitBeyondMatch = BrokenRules(15)
    package static let countOtherTerms = BrokenRules(16)
    package static let followOlderTerm = BrokenRules(17)
    package static let keepLeadingInNewTerm = BrokenRules(18)

    // Exactly once.
    package static let forgetSessionsAtCheckpoint = BrokenRules(20)
    package static let forgetKeysAtCheckpoint = BrokenRules(21)
    package static let executeExpiredSession = BrokenRules(22)
    package static let tellUncommitted = BrokenRules(23)
    package static let decideRetryAgain = BrokenRules(24)
    package static let acceptOtherPayload = BrokenRules(25)
    package static let keepLostProposals = BrokenRules(26)
    package static let forgetReplyAtOnce = BrokenRules(27)
    package static let forgetIDsAtSnapshot = BrokenRules(28)

    // Engine and directory.
    package static let calledNotCommitted = BrokenRules(30)
    package static let answerByIndexAlone = BrokenRules(31)
    package static let reuseForwardNumbers = BrokenRules(32)
    package static let followOldDirectory = BrokenRules(33)
    package static let giveUpWhileMember = BrokenRules(34)
    package static let bornAgain = BrokenRules(35)
    package static let forgetTombstone = BrokenRules(36)
    package static let ignoreFullDisk = BrokenRules(37)
    package static let obeyUnsafeOrders = BrokenRules(38)
    package static let losePersistedVote = BrokenRules(39)
    package static let losePersistedTerm = BrokenRules(40)
    package static let dropTruncation = BrokenRules(41)
    package static let installUnverified = BrokenRules(42)
    package static let forgetPromise = BrokenRules(43)
    package static let ignoreDialers = BrokenRules(44)
    package static let compareStartCounts = BrokenRules(45)
    package static let forgetPeers = BrokenRules(46)

    // The journal, as the simulator plays it.
    package static let reportBeforeFlush = BrokenRules(50)
    package static let keepTornBatch = BrokenRules(51)
    package static let goOnAfterWriteError = BrokenRules(52)
    package static let skipChecksums = BrokenRules(53)
    package static let acceptOldImage = BrokenRules(54)
}
