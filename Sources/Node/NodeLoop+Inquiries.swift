internal import Engine
internal import Entities
internal import JSON
internal import Journal
internal import NIOCore
internal import Primitives
internal import Shards

/// Reads from the journal for those who look after the node.
///
/// Damage that they find is theirs to hear of; it does not end the node, as the same damage does when a peer or a caller needs what is
/// damaged.
extension NodeLoop {
    func inquire(_ load: EngineOutputs.InquiryLoad) {
        let group = load.inquiry.group
        switch load.inquiry.question {
        case .entries(let from, let through):
            let answer = answering(load)
            journal.entries(group, from: from, through: through, bytesMax: ReplicaInquiry.pageBytes) { result in
                answer(result.map { .document(EntryPage(entries: $0.entries).encoded()) })
            }
        case .digest(let from, let through):
            let answer = answering(load)
            journal.digest(group, from: from, through: through, bytesMax: ReplicaInquiry.digestBytes) { result in
                answer(result.map { Self.document($0) })
            }
        case .checkpoint(let offset): sendCheckpoint(load, from: offset)
        case .standing, .hold, .release: preconditionFailure("the engine answers it without the disk")
        }
    }

    private func answering(_ load: EngineOutputs.InquiryLoad) -> @Sendable (Result<Response, JournalError>) -> Void {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            node.beginTurn()
            node.engine.inquiryAnswered(load.token, Self.response(result))
            node.flush()
        }
    }

    private static func response(_ result: Result<Response, JournalError>) -> Response {
        switch result {
        case .success(let response): response
        case .failure(let error): .failed(RequestFailure(.invalid, Failure.Code(error.code.description), error.message))
        }
    }

    private static func document(_ value: some Encodable) -> Response {
        do throws(JSONError) { return .document(try JSON.encode(value)) } catch {
            return .failed(RequestFailure(.invalid, .unstorable, "the answer has no JSON: \(error)"))
        }
    }

    /// A checkpoint is read and encoded once and kept while it is asked for piece by piece.
    private func sendCheckpoint(_ load: EngineOutputs.InquiryLoad, from offset: UInt64) {
        let group = load.inquiry.group
        if offset > 0, let kept = keptCheckpoint, kept.group == group {
            keptCheckpoint?.until = clock.now + Self.keepingTime
            return answering(load)(.success(Self.part(of: kept.checkpoint, from: offset)))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let answer = answering(load)
        journal.checkpoint(of: group) { result in
            switch result {
            case .success(let found?):
                let node = bound.value
                node.keptCheckpoint = KeptCheckpoint(group: group, checkpoint: found, until: node.clock.now + Self.keepingTime)
                answer(.success(Self.part(of: found, from: offset)))
            case .success(nil):
                answer(.success(.failed(RequestFailure(.invalid, Failure.Code("no-checkpoint"), "there is no checkpoint yet"))))
            case .failure(let error): answer(.failure(error))
            }
        }
    }

    /// Whoever asked may be gone.
    func forgetCheckpoint() {
        if let kept = keptCheckpoint, kept.until < clock.now { keptCheckpoint = nil }
    }

    private static let keepingTime = Span.seconds(10)

    private static func part(of checkpoint: EncodedCheckpoint, from offset: UInt64) -> Response {
        let start = Int(clamping: min(offset, UInt64(checkpoint.bytes.count)))
        let end = min(checkpoint.bytes.count, start + ReplicaInquiry.pageBytes)
        return .document(
            CheckpointPart(
                point: checkpoint.point, bytesTotal: UInt64(checkpoint.bytes.count), offset: UInt64(start),
                bytes: Array(checkpoint.bytes[start..<end])
            ).encoded())
    }
}

/// A checkpoint that somebody outside is fetching.
struct KeptCheckpoint {
    var group: GroupID
    var checkpoint: EncodedCheckpoint
    var until: Instant
}
