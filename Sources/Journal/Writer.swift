import Engine
import Logging
import Primitives
import Synchronization

/// The writing thread's side of a journal: gathers the batches that wait into one transaction, and keeps the file in order when
/// nothing waits.
///
/// `@unchecked Sendable`: `file` and the fields below it are touched by the writing thread alone; `waiting` and `known` are under
/// their mutexes.
final class Writer: @unchecked Sendable {
    struct Waiting {
        var batch: WriteBatch
        var completion: Completion
    }
    typealias Completion = @Sendable (Result<Void, JournalError>) -> Void

    private let waiting = Mutex<[Waiting]>([])
    private let known = Mutex(JournalHealth())
    private let hop: Journal.Hop
    private let logger: Logger

    private let file: JournalFile
    private let options: JournalOptions
    private var healthCheckedAt: Int64 = .min
    private var isReportedFailed = false

    init(_ file: JournalFile, options: JournalOptions, logger: Logger, hop: @escaping Journal.Hop) {
        self.file = file
        self.options = options
        self.logger = logger
        self.hop = hop
        refreshHealth()
    }

    var health: JournalHealth { known.withLock { $0 } }

    /// Any thread. True if the writing thread has nothing of this kind to do yet, and must be told.
    func enqueue(_ batch: WriteBatch, _ completion: @escaping Completion) -> Bool {
        waiting.withLock { waiting in
            waiting.append(Waiting(batch: batch, completion: completion))
            return waiting.count == 1
        }
    }

    /// Any thread, once the writing thread has ended: answers what came too late.
    func refuse() {
        let late = waiting.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
        for waiting in late {
            let completion = waiting.completion
            hop { completion(.failure(.closed)) }
        }
    }

    // MARK: The writing thread

    /// Between two tries of a batch that a full disk or a foreign lock keeps out.
    private static let retryMilliseconds: UInt32 = 50

    /// Writes everything that waits. A lock held by another process and a full disk are waited out: the batches stay as they are, and
    /// `health` tells why nothing moves.
    func drain() {
        let taken = waiting.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
        guard !taken.isEmpty else { return }
        let batches = taken.map(\.batch)
        let result: Result<Void, JournalError>
        do throws(JournalError) {
            try write(batches)
            result = .success(())
        } catch {
            report(error)
            result = .failure(error)
        }
        for waiting in taken {
            let completion = waiting.completion
            hop { completion(result) }
        }
        if case .success = result { maintain { () throws(JournalError) in try file.copyWAL(isIdle: false) } }
    }

    private func write(_ batches: [WriteBatch]) throws(JournalError) {
        while true {
            do throws(JournalError) {
                try file.write(batches)
                return noteObstacle(nil)
            } catch {
                guard error.code == .blocked || error.code == .full else { throw error }
                noteObstacle(error)
                if isClosing { throw error }
                sleepMilliseconds(Self.retryMilliseconds)
            }
        }
    }

    private var obstacle: JournalError?
    private let closing = Mutex(false)
    private var isClosing: Bool { closing.withLock { $0 } }
    /// Any thread: what cannot be written now is given up.
    func beginClosing() { closing.withLock { $0 = true } }

    private func noteObstacle(_ error: JournalError?) {
        if error?.code != obstacle?.code {
            if let error {
                logger.error("The journal waits.", metadata: ["error": "\(error)"])
            } else {
                logger.notice("The journal goes on.")
            }
            obstacle = error
            refreshHealth()
        } else if monotonicMilliseconds() - healthCheckedAt >= Self.healthMilliseconds {
            refreshHealth()
        }
    }

    private static let healthMilliseconds: Int64 = 100

    private func refreshHealth() {
        healthCheckedAt = monotonicMilliseconds()
        var health = file.health
        health.isBlocked = obstacle?.code == .blocked
        if obstacle?.code == .full { health.isFull = true }
        let found = health
        known.withLock { $0 = found }
    }

    private func report(_ error: JournalError) {
        guard !isReportedFailed, error.code != .blocked, error.code != .full else { return }
        isReportedFailed = true
        logger.critical("The journal has failed.", metadata: ["error": "\(error)"])
        refreshHealth()
    }

    /// Nothing waits: looks after the file a little at a time. Returns when to come again.
    func idle() -> Int64? {
        guard file.failure == nil else { return nil }
        if monotonicMilliseconds() - healthCheckedAt >= Self.healthMilliseconds { refreshHealth() }
        if file.hasCommits {
            let age = monotonicMilliseconds() - file.committedSince
            guard age >= options.commitDelayMilliseconds else { return options.commitDelayMilliseconds - age }
            maintain { () throws(JournalError) in try file.writeCommits() }
        }
        maintain { () throws(JournalError) in try file.copyWAL(isIdle: true) }
        var hasMore = false
        maintain { () throws(JournalError) in hasMore = try file.reclaim() }
        return hasMore ? 0 : 1_000
    }

    private func maintain(_ work: () throws(JournalError) -> Void) {
        do throws(JournalError) {
            try work()
        } catch {
            report(error)
        }
    }

    func close() {
        maintain { () throws(JournalError) in try file.close() }
    }
}
