import Engine
import Primitives

/// A row of `starts`: which process one start of the file was.
enum StartRow {
    /// The starts as the file has them; files of versions before 3 have the count alone.
    ///
    /// - Parameter count: of table `file`.
    static func history(_ connection: Connection, count: UInt64) throws(JournalError) -> StartHistory {
        var processes: [UniqueID] = []
        let row = try connection.prepare("SELECT start, process_uuid, started_at, checksum FROM starts ORDER BY start DESC")
        while try row.step() {
            let (start, process) = try read(row, path: connection.path)
            guard start == count &- UInt64(processes.count) else {
                throw .corrupt(connection.path, "table `starts` has start \(start) where \(count &- UInt64(processes.count)) should be")
            }
            processes.append(process)
        }
        return StartHistory(count: count, processes: processes)
    }

    /// The current row of the columns in their order.
    private static func read(_ row: Statement, path: String) throws(JournalError) -> (start: UInt64, process: UniqueID) {
        let (start, text, startedAt) = (row.unsigned(0), row.text(1), row.integer(2))
        guard let process = UniqueID(text), row.unsigned(3) == checksum(start, text, startedAt) else {
            throw .corrupt(path, "the checksum of start \(start) in table `starts` is wrong")
        }
        return (start, process)
    }

    /// Adds the newest start, and forgets those that are no longer kept.
    static func write(_ starts: StartHistory, at time: Int64, _ connection: Connection) throws(JournalError) {
        let (process, start) = (starts.process.description, starts.count)
        let insert = try connection.prepare("INSERT INTO starts (start, process_uuid, started_at, checksum) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(1, start)
        insert.bind(2, process)
        insert.bind(3, time)
        insert.bind(4, checksum(start, process, time))
        try insert.run()
        let forget = try connection.prepare("DELETE FROM starts WHERE start <= ?1")
        forget.bind(1, Int64(bitPattern: start) - Int64(StartHistory.processesMax))
        try forget.run()
    }

    private static func checksum(_ start: UInt64, _ process: String, _ time: Int64) -> UInt64 {
        var sum = RowChecksum("starts")
        sum.mix(start)
        sum.mix(Array(process.utf8))
        sum.mix(time)
        return sum.value
    }
}
