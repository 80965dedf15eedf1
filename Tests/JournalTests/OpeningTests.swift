import CSQLite
import Foundation
import Engine
import Primitives
import Testing

@testable import Journal

/// What happens at the door: births, refusals, and that a refused file is not touched.
@Suite struct OpeningTests {
    @Test func `a new folder gets a private file with a UUID and start counter 1`() throws {
        let folder = Folder()
        let (file, recovery) = try JournalFile.opened(folder)
        #expect(recovery.identity.starts.count == 1)
        #expect(recovery.identity.cluster == nil)
        #expect(recovery.groups.isEmpty)
        let manager = FileManager.default
        #expect(try manager.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int == 0o700)
        #expect(try manager.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int == 0o600)
        #expect(try manager.attributesOfItem(atPath: folder.file + "-wal")[.posixPermissions] as? Int == 0o600)
        try file.close()
        #expect(try manager.contentsOfDirectory(atPath: folder.path).sorted() == ["journal.db", "lock"])
    }

    @Test func `identity lasts and the start counter grows with every opening`() throws {
        let folder = Folder()
        let (file, first) = try JournalFile.opened(folder)
        let cluster = UniqueID.random()
        try file.write(batch { $0.adoptCluster(cluster, node: NodeID(7), name: "east") })
        // Not closed in order: the counter must not rest on that.
        file.connection.close()
        file.lock.release()
        let (again, second) = try JournalFile.opened(folder)
        #expect(second.identity.file == first.identity.file)
        #expect(second.identity.cluster == cluster)
        #expect(second.identity.node == NodeID(7))
        #expect(second.identity.name == "east")
        #expect(second.identity.starts.count == 2)
        #expect(second.identity.starts.processes.dropFirst() == first.identity.starts.processes[...])
        try again.close()
    }

    @Test func `the processes of the last 16 starts are kept, and those of a copy part from them`() throws {
        let (folder, copy) = (Folder(), Folder())
        var known: [UniqueID] = []
        for start in 1...20 {
            var options = JournalOptions()
            options.process = UniqueID(high: 0, low: UInt64(start))
            known.insert(options.process, at: 0)
            let (file, recovery) = try JournalFile.opened(folder, options)
            #expect(recovery.identity.starts == StartHistory(count: UInt64(start), processes: Array(known.prefix(16))))
            try file.close()
            if start == 18 { try copy.put(folder.bytes()!) }
        }
        #expect(try folder.rows("SELECT min(start), max(start), count(*) FROM starts") == ["5|20|16"])
        // The copy is started until it has passed its original.
        for _ in 1...3 { try JournalFile.opened(copy).0.close() }
        let (theirs, recovery) = try JournalFile.opened(copy)
        #expect(recovery.identity.starts.count == 22)
        #expect(recovery.identity.starts.lacks(start: 20, of: known[0]))
        #expect(!recovery.identity.starts.lacks(start: 18, of: known[2]))
        try theirs.close()
    }

    @Test func `what other nodes said of themselves is found again, the newest word of each`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        let peers = [1, 2, 1].enumerated().map { place, node in
            KnownPeer(node: NodeID(UInt32(node)), address: "host:\(place)", start: UInt64(place + 1), process: .random())
        }
        for peer in peers { try file.write(batch { $0.meet(peer) }) }
        file.connection.close()
        file.lock.release()
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.peers == [peers[2], peers[1]])
        try again.close()
    }

    @Test func `what durability rests on is set`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        #expect(try file.connection.text("PRAGMA journal_mode") == "wal")
        #expect(try file.connection.integer("PRAGMA synchronous") == 2)
        #expect(try file.connection.integer("PRAGMA wal_autocheckpoint") == 0)
        #expect(try file.connection.integer("PRAGMA secure_delete") == 0)
        #expect(try file.connection.integer("PRAGMA application_id") == JournalFile.applicationID)
        #expect(try file.connection.integer("PRAGMA user_version") == 3)
        #expect(try folder.rows("SELECT version, name FROM migrations") == ["1|journal", "2|promises", "3|starts"])
        try file.close()
    }

    /// Opens, expects `code`, and expects the file byte for byte as it was.
    private func expectRefusal(
        _ code: JournalError.Code, _ folder: Folder, _ options: JournalOptions = JournalOptions(), saying word: String
    ) throws {
        let before = (folder.bytes(), folder.bytes("journal.db-wal"))
        let error = try #require(journalError { _ = try JournalFile.open(directory: folder.path, options: options) })
        #expect(error.code == code, "\(error)")
        #expect(error.message.contains(word), "\(error)")
        #expect(error.message.contains(folder.path), "\(error)")
        #expect(before.0 == folder.bytes())
        // SQLite may leave an empty one beside a file that it has looked into.
        #expect(before.1 ?? [] == folder.bytes("journal.db-wal") ?? [])
        let look = journalError { _ = try JournalReader(directory: folder.path).identity() }
        if code != .otherCluster, code != .cannotWrite { #expect(look?.code == code, "\(String(describing: look))") }
        #expect(before.0 == folder.bytes())
    }

    @Test(arguments: [0, 1, 20, 99, 100, 511, 512, 513, 4_096, 10_000])
    func `a file that is no database is refused`(size: Int) throws {
        let folder = Folder()
        try folder.put((0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) })
        try expectRefusal(.notADatabase, folder, saying: "not a Holdfast journal")
    }

    @Test func `a journal whose header is damaged is refused`() throws {
        let folder = Folder()
        try JournalFile.opened(folder).0.close()
        var bytes = try #require(folder.bytes())
        bytes[3] ^= 0x40
        try folder.put(bytes)
        try expectRefusal(.notADatabase, folder, saying: "not a database")
    }

    @Test func `a database of another program is refused`() throws {
        let folder = Folder()
        try folder.make()
        let other = try Connection(path: folder.file, access: .create)
        try other.execute("CREATE TABLE recipes (name TEXT)")
        other.close()
        try expectRefusal(.notADatabase, folder, saying: "another program")
    }

    @Test func `a file of a newer version is refused, with both versions named`() throws {
        let folder = Folder()
        try JournalFile.opened(folder).0.close()
        try folder.sql("PRAGMA user_version = 9")
        try expectRefusal(.newerVersion, folder, saying: "schema version 9; this binary knows versions up to 3")
    }

    @Test func `a newer version that only stands in the WAL is refused as well`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        file.connection.close()
        file.lock.release()
        try folder.sql("PRAGMA user_version = 9")
        #expect(try #require(folder.bytes("journal.db-wal")).count > 0)
        try expectRefusal(.newerVersion, folder, saying: "schema version 9")
    }

    @Test func `a file of another cluster is refused, with both clusters named`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        let (mine, theirs) = (UniqueID.random(), UniqueID.random())
        try file.write(batch { $0.adoptCluster(theirs, node: NodeID(1), name: "a") })
        try file.close()
        var options = JournalOptions()
        options.expectedCluster = mine
        try expectRefusal(.otherCluster, folder, options, saying: "\(theirs), not to \(mine)")
        options.expectedCluster = theirs
        try JournalFile.open(directory: folder.path, options: options).close()
    }

    @Test func `a file never changes its cluster`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        try file.write(batch { $0.adoptCluster(.random(), node: NodeID(1), name: "a") })
        #expect(throws: JournalError.self) {
            try file.write(batch { $0.adoptCluster(.random(), node: NodeID(1), name: "a") })
        }
    }

    @Test func `a closed folder is free, although a copy of the process still has its lock open`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        // As after a fork: a second descriptor of the same open file.
        var lock = stat()
        try #require(stat(folder.path + "/lock", &lock) == 0)
        let descriptor = try #require(
            (0..<Int32(4096)).first {
                var found = stat()
                return fstat($0, &found) == 0 && found.st_ino == lock.st_ino && found.st_dev == lock.st_dev
            })
        let copy = dup(descriptor)
        try #require(copy >= 0)
        defer { close(copy) }
        #expect(journalError { _ = try JournalFile.open(directory: folder.path) }?.code == .inUse)
        try file.close()
        try JournalFile.opened(folder).0.close()
    }

    @Test func `a folder that is in use is refused, also within one process`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder)
        let error = journalError { _ = try JournalFile.open(directory: folder.path) }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("process \(getpid())") == true)
        try file.close()
        try JournalFile.open(directory: folder.path).close()
    }

    @Test func `a folder that another process locks is refused`() throws {
        let folder = Folder()
        try JournalFile.opened(folder).0.close()
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/bin/sh")
        other.arguments = ["-c", "exec 9<>'\(folder.path)/lock'; flock -n 9 || exit 1; echo locked; exec cat"]
        let (input, output) = (Pipe(), Pipe())
        (other.standardInput, other.standardOutput) = (input, output)
        try other.run()
        #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))
        #expect(journalError { _ = try JournalFile.open(directory: folder.path) }?.code == .inUse)
        try input.fileHandleForWriting.close()
        other.waitUntilExit()
        try JournalFile.open(directory: folder.path).close()
    }

    @Test func `a folder that cannot be made says so`() throws {
        let folder = Folder()
        try folder.put([1], "plain")
        let error = journalError { _ = try JournalFile.open(directory: folder.path + "/plain/data") }
        #expect(error?.code == .cannotWrite)
        #expect(error?.message.contains("plain cannot be written: it is a file and not a folder") == true, "\(String(describing: error))")
    }

    #if os(Linux)
        @Test func `a folder that this user may not write says so`() throws {
            let folder = Folder()
            try folder.make()
            #expect(chmod(folder.path, 0o555) == 0)
            let error = asNobody { _ = try JournalFile.open(directory: folder.path) }
            #expect(error?.code == .cannotWrite, "\(String(describing: error))")
            #expect(error?.message.contains("Permission denied") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }

        @Test func `a file that this user may only read is refused and can be looked at`() throws {
            let folder = Folder()
            try JournalFile.opened(folder).0.close()
            #expect(chmod(folder.path, 0o777) == 0 && chmod(folder.file, 0o444) == 0 && chmod(folder.path + "/lock", 0o666) == 0)
            let before = folder.bytes()
            let error = asNobody { _ = try JournalFile.open(directory: folder.path) }
            #expect(error?.code == .cannotWrite, "\(String(describing: error))")
            #expect(folder.bytes() == before)
            #expect(asNobody { _ = try JournalReader(directory: folder.path).identity() } == nil)
        }

        /// As root may write everything: this thread's file accesses are those of nobody meanwhile.
        private func asNobody(_ body: () throws -> Void) -> JournalError? {
            let isRoot = geteuid() == 0
            if isRoot { setfsuid(65_534) }
            defer { if isRoot { setfsuid(0) } }
            return journalError(body)
        }
    #endif

    @Test func `a missing journal is not made when only looked for`() throws {
        let folder = Folder()
        var options = JournalOptions()
        options.createsFile = false
        #expect(journalError { _ = try JournalFile.open(directory: folder.path, options: options) }?.code == .notFound)
        #expect(journalError { _ = try JournalReader(directory: folder.path) }?.code == .notFound)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `a write-ahead log without its file is damage, not a new node`() throws {
        let folder = Folder()
        try folder.put([1, 2, 3], "journal.db-wal")
        #expect(journalError { _ = try JournalFile.open(directory: folder.path) }?.code == .corrupt)
        #expect(folder.bytes("journal.db-wal") == [1, 2, 3])
    }

    @Test func `a birth that was cut short is begun anew`() throws {
        let folder = Folder()
        try folder.put(Array("half".utf8), "journal.db.new")
        let (file, recovery) = try JournalFile.opened(folder)
        #expect(recovery.identity.starts.count == 1)
        try file.close()
        #expect(folder.bytes("journal.db.new") == nil)
    }
}

#if os(Linux)
    /// The module map of Linux leaves it out: changes whose rights count for this thread's file accesses.
    @_silgen_name("setfsuid") @discardableResult private func setfsuid(_ user: UInt32) -> Int32
#endif
