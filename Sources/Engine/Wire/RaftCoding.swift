internal import Consensus
internal import Primitives

/// The messages of one group as bytes; `WireProtocol.md` has the layout.
extension ByteWriter {
    mutating func write(_ message: Message) {
        switch message {
        case .voteRequest(let request):
            write(UInt8(1))
            write(request.term.rawValue)
            write(request.lastIndex.rawValue)
            write(request.lastTerm.rawValue)
            write(UInt8((request.isPreVote ? 1 : 0) | (request.isTransfer ? 2 : 0)))
        case .voteResponse(let response):
            write(UInt8(2))
            write(response.term.rawValue)
            write(UInt8((response.isGranted ? 1 : 0) | (response.isPreVote ? 2 : 0)))
        case .append(let request):
            write(UInt8(3))
            write(request.term.rawValue)
            write(request.previousIndex.rawValue)
            write(request.previousTerm.rawValue)
            write(request.commit.rawValue)
            write(request.round)
            write(UInt32(request.entries.count))
            for entry in request.entries { write(entry) }
        case .appendResponse(let response): write(response)
        case .heartbeat(let heartbeat):
            write(UInt8(6))
            write(heartbeat.term.rawValue)
            write(heartbeat.commit.rawValue)
            write(heartbeat.round)
            write(heartbeat.isQuiescent)
        case .heartbeatResponse(let response):
            write(UInt8(7))
            write(response.term.rawValue)
            write(response.round)
        case .snapshot(let offer):
            write(UInt8(8))
            write(offer.term.rawValue)
            write(offer.snapshot)
        case .timeoutNow(let term):
            write(UInt8(9))
            write(term.rawValue)
        }
    }

    private mutating func write(_ response: AppendResponse) {
        switch response.result {
        case .matching(let index):
            write(UInt8(4))
            write(response.term.rawValue)
            write(response.round)
            write(index.rawValue)
        case .diverging(let probe, let probeTerm, let previousIndex):
            write(UInt8(5))
            write(response.term.rawValue)
            write(response.round)
            write(probe.rawValue)
            write(probeTerm.rawValue)
            write(previousIndex.rawValue)
        }
    }

    /// The index is not written: entries of one message are contiguous.
    mutating func write(_ entry: Entry) {
        write(entry.term.rawValue)
        write(entry.type.rawValue)
        write(entry.checksum)
        writeLong(entry.payload)
    }

    mutating func write(_ point: SnapshotPoint) {
        write(point.index.rawValue)
        write(point.term.rawValue)
        write(point.checksum)
        write(point.configuration)
    }

    mutating func write(_ configuration: Configuration) {
        write(UInt16(configuration.voters.count))
        write(UInt16(configuration.learners.count))
        for node in configuration.members { write(node.rawValue) }
    }
}

extension ByteReader {
    /// Entries of one append message; more is damage or malice.
    private static var entriesMax: UInt32 { 65_536 }

    mutating func readMessage() throws(MalformedBytes) -> Message {
        switch try read(UInt8.self) {
        case 1:
            let (term, lastIndex, lastTerm) = (Term(try read()), LogIndex(try read()), Term(try read()))
            let flags: UInt8 = try read()
            return .voteRequest(
                VoteRequest(
                    term: term, lastIndex: lastIndex, lastTerm: lastTerm, isPreVote: flags & 1 != 0,
                    isTransfer: flags & 2 != 0))
        case 2:
            let term = Term(try read())
            let flags: UInt8 = try read()
            return .voteResponse(VoteResponse(term: term, isGranted: flags & 1 != 0, isPreVote: flags & 2 != 0))
        case 3: return .append(try readAppend())
        case 4:
            let (term, round) = (Term(try read()), try read(UInt64.self))
            return .appendResponse(AppendResponse(term: term, result: .matching(LogIndex(try read())), round: round))
        case 5:
            let (term, round) = (Term(try read()), try read(UInt64.self))
            let result = AppendResponse.Result.diverging(
                probe: LogIndex(try read()), probeTerm: Term(try read()), previousIndex: LogIndex(try read()))
            return .appendResponse(AppendResponse(term: term, result: result, round: round))
        case 6:
            return .heartbeat(
                Heartbeat(
                    term: Term(try read()), commit: LogIndex(try read()), round: try read(),
                    isQuiescent: try readBool()))
        case 7: return .heartbeatResponse(HeartbeatResponse(term: Term(try read()), round: try read()))
        case 8: return .snapshot(SnapshotOffer(term: Term(try read()), snapshot: try readSnapshotPoint()))
        case 9: return .timeoutNow(term: Term(try read()))
        case let other: throw MalformedBytes("message \(other) is not known")
        }
    }

    private mutating func readAppend() throws(MalformedBytes) -> AppendRequest {
        let (term, previousIndex, previousTerm) = (Term(try read()), LogIndex(try read()), Term(try read()))
        let (commit, round, count) = (LogIndex(try read()), try read(UInt64.self), try read(UInt32.self))
        guard count <= Self.entriesMax else { throw MalformedBytes("\(count) entries in one message") }
        guard previousIndex.rawValue < UInt64(Int64.max) - UInt64(count) else {
            throw MalformedBytes("index \(previousIndex) is out of range")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(Int(min(count, 4_096)))
        for offset in 0..<Int(count) { entries.append(try readEntry(at: previousIndex + (offset + 1))) }
        return AppendRequest(
            term: term, previousIndex: previousIndex, previousTerm: previousTerm, entries: entries, commit: commit,
            round: round)
    }

    mutating func readEntry(at index: LogIndex) throws(MalformedBytes) -> Entry {
        let term = Term(try read())
        let rawType: UInt8 = try read()
        guard let type = EntryType(rawValue: rawType) else { throw MalformedBytes("entry type \(rawType) is not known") }
        let checksum: UInt64 = try read()
        return Entry(
            term: term, index: index, type: type, payload: try readLong(limit: Self.fieldBytesMax), checksum: checksum)
    }

    mutating func readSnapshotPoint() throws(MalformedBytes) -> SnapshotPoint {
        SnapshotPoint(
            index: LogIndex(try read()), term: Term(try read()), checksum: try read(),
            configuration: try readConfiguration())
    }

    mutating func readConfiguration() throws(MalformedBytes) -> Configuration {
        let (voterCount, learnerCount) = (Int(try read(UInt16.self)), Int(try read(UInt16.self)))
        var members: [NodeID] = []
        for _ in 0..<voterCount + learnerCount { members.append(NodeID(try read())) }
        guard Set(members).count == members.count else { throw MalformedBytes("a node is in a configuration twice") }
        return Configuration(
            voters: Array(members.prefix(voterCount)), learners: Array(members.dropFirst(voterCount)))
    }
}
