internal import Primitives

/// The configurations that the log's window has seen, oldest first. The last one is in force, committed or not (thesis §4.1).
struct ConfigurationHistory: Sendable {
    private struct Record: Sendable {
        var index: LogIndex
        var configuration: Configuration
    }

    /// Never empty: the first is that of the window's base.
    private var records: [Record]

    init(_ configuration: Configuration, at index: LogIndex) {
        records = [Record(index: index, configuration: configuration)]
    }

    var current: Configuration { records[records.count - 1].configuration }
    /// The entry that set `current`.
    var currentIndex: LogIndex { records[records.count - 1].index }

    /// The configuration in force at `index`, which is not before the window's base.
    func configuration(at index: LogIndex) -> Configuration {
        for record in records.reversed() where record.index <= index { return record.configuration }
        preconditionFailure("no configuration is known at \(index), before \(records[0].index)")
    }

    mutating func append(_ configuration: Configuration, at index: LogIndex) {
        precondition(index > currentIndex, "configuration at \(index) after \(currentIndex)")
        records.append(Record(index: index, configuration: configuration))
    }

    /// Goes back to what was in force before `index`. True if that changes anything.
    mutating func truncate(from index: LogIndex) -> Bool {
        let count = records.count
        while records.count > 1, currentIndex >= index { records.removeLast() }
        return records.count < count
    }

    /// Forgets what was superseded at or before `index`.
    mutating func trim(through index: LogIndex) {
        while records.count > 1, records[1].index <= index { records.removeFirst() }
    }
}
