/// One record of a group's Raft log.
public struct Entry: Hashable, Sendable {
    public var term: Term
    public var index: LogIndex
    public var type: EntryType
    /// Empty for `.empty`; a `Configuration` as JSON text for `.configuration`; an encoded `EntryRecord` for `.record`.
    public var payload: [UInt8]
    /// `Checksum.chained` over this entry and its predecessor's checksum (0 before the first entry).
    public var checksum: UInt64

    public init(term: Term, index: LogIndex, type: EntryType, payload: [UInt8], checksum: UInt64) {
        self.term = term
        self.index = index
        self.type = type
        self.payload = payload
        self.checksum = checksum
    }

    /// Makes the entry that follows one with checksum `previous`.
    public init(following previous: UInt64, term: Term, index: LogIndex, type: EntryType, payload: [UInt8]) {
        self.init(
            term: term, index: index, type: type, payload: payload,
            checksum: Checksum.chained(
                previous: previous, term: term, index: index, type: type.rawValue, payload: payload))
    }

    /// Whether the entry is undamaged and follows one with checksum `previous`.
    public func follows(_ previous: UInt64) -> Bool {
        checksum
            == Checksum.chained(previous: previous, term: term, index: index, type: type.rawValue, payload: payload)
    }
}

public enum EntryType: UInt8, Hashable, Sendable {
    /// A new leader's first entry, which commits what came before it (Raft §5.4.2, §8).
    case empty = 0
    /// A change of the group's members.
    case configuration = 1
    /// An `EntryRecord`: what a command did.
    case record = 2
}
