import CSQLite
import Foundation
import Migrations
import Primitives
import Processes

@testable import CrashTesting

/// A journal file with one shard, made by SQLite alone; for planting in it what must not be there.
struct FakeJournal {
    let folder: String
    var commit: Int64 = 0

    init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for step in Migrations.all { try execute(step.sql) }
        try execute(
            """
            INSERT INTO groups (group_id, replica, kind, number, term, commit_index, first_index, before_first_term,
              before_first_checksum, checksum) VALUES (1, 7, 'counter', 0, 1, 0, 1, 0, 0, 0)
            """)
    }

    /// Writes what a correct node would have written for these acts, in the order of their log indexes.
    mutating func write(_ acts: [Act], _ names: RequestNames) throws {
        var revisions: [UInt32: Int64] = [:]
        for act in acts.sorted(by: { $0.index < $1.index }) {
            revisions[act.entity, default: 0] += 1
            let (key, client, number): (String, String, String) =
                switch names.id(caller: Int(act.caller), number: act.number) {
                case .key(let key): ("'\(String(decoding: key, as: UTF8.self))'", "NULL", "NULL")
                case .session(let session): ("NULL", "\(Int64(bitPattern: session.client))", "\(session.number)")
                }
            try execute(
                """
                INSERT INTO journal VALUES (NULL, 7, \(act.index), \(act.term), 2, '\(names.entity(Int(act.entity)))',
                  \(revisions[act.entity]!), '[{"incremented":{"by":\(act.by)}}]', \(key), \(client), NULL, \(number), NULL, 5,
                  '\(act.value)', 1000, \(act.index * 17))
                """)
            commit = max(commit, Int64(act.index))
        }
        try execute("UPDATE groups SET commit_index = \(commit)")
    }

    func execute(_ sql: String) throws {
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        guard sqlite3_open(folder + "/journal.db", &connection) == SQLITE_OK,
            sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK
        else { throw ChildError("\(String(cString: sqlite3_errmsg(connection))) in \(sql)") }
    }
}
