import Consensus
import Engine
import Foundation
import Primitives
import Shards
import Testing

@testable import Journal

/// One bit is flipped anywhere in what a killed node left: it is found, or hurts nothing (HAZARDS 20).
@Suite struct FlippedBitTests {
    /// Flips per file; `HOLDFAST_BIT_FLIPS` in the environment for more.
    static let flips = ProcessInfo.processInfo.environment["HOLDFAST_BIT_FLIPS"].flatMap { Int($0) } ?? 300

    /// A journal as `kill -9` leaves it: a part in the database, the newest in the WAL.
    private func prepare(_ folder: Folder) throws -> FaultyDisk {
        let disk = FaultyDisk()
        let file = try JournalFile.withGroup(folder, disk.options)
        var log = LogMaker()
        var history: [Entry] = []
        for round in 0..<40 {
            let entries = log.increments(3)
            history += entries
            try file.write(
                batch {
                    $0.append(group1, entries)
                    $0.commit(group1, LogIndex(UInt64(history.count - 2)))
                })
            if round == 12 {
                var (point, state) = checkpoint(history[8])
                state.entities = [EntityRow(entity: [65], stored: StoredState(revision: 5, state: Array("{}".utf8)))]
                try file.write(batch { [point, state] in $0.checkpoint(group1, at: point, state) })
                try file.copyWAL(isIdle: true)
            }
        }
        file.kill()
        return disk
    }

    @Test(arguments: ["journal.db", "journal.db-wal"])
    func `a flipped bit is found, or hurts nothing`(name: String) throws {
        let folder = Folder()
        let prepared = try prepare(folder)
        let path = folder.path + "/" + name
        let lock = folder.bytes("lock")!
        let bytes = try #require(prepared.bytes(path))
        let disk = FaultyDisk()
        disk.copy(prepared)
        let sound = try JournalSnapshot(folder, disk)
        var generator = RandomGenerator(seed: 5)
        var found = 0
        for _ in 0..<Self.flips {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let bit = UInt8.random(in: 0..<8, using: &generator)
            var damaged = bytes
            damaged[place] ^= 1 << bit
            disk.copy(prepared)
            disk.put(damaged, path)
            try folder.put(lock, "lock")
            do {
                let snapshot = try JournalSnapshot(folder, disk)
                let reader = try JournalReader(path: folder.file, index: nil, options: disk.options)
                defer { reader.close() }
                if try reader.verify().isSound {
                    let isSame = snapshot == sound
                    #expect(isSame, "byte \(place), bit \(bit): \(snapshot.ends) and not \(sound.ends)")
                } else {
                    found += 1
                }
            } catch let error as JournalError {
                #expect(error.code != .blocked && error.code != .full, "byte \(place), bit \(bit): \(error)")
                found += 1
            }
        }
        // A WAL has no unused space but the leftovers of an earlier round.
        #expect(found > (name == "journal.db" ? Self.flips / 20 : Self.flips / 2), "\(found) of \(Self.flips)")
    }

    @Test func `a WAL that lost its end, its header or a page in the middle is refused, and verification says why`() throws {
        let damages: [(String, (inout [UInt8]) -> Void)] = [
            ("frame", { $0.removeLast(4_120) }),
            ("frame 10 of", { $0[32 + 9 * 4_120 + 700] ^= 1 }),
            ("header", { $0[17] ^= 8 }),
        ]
        for (word, damage) in damages {
            let folder = Folder()
            let file = try JournalFile.withGroup(folder)
            var log = LogMaker()
            for _ in 0..<20 { try file.write(batch { $0.append(group1, log.increments(3)) }) }
            file.kill()
            var bytes = try #require(folder.bytes("journal.db-wal"))
            damage(&bytes)
            try folder.put(bytes, "journal.db-wal")
            let reader = try JournalReader(directory: folder.path)
            #expect(try reader.verify().problems.contains { $0.contains(word) && $0.contains("write-ahead log") })
            reader.close()
            let error = journalError { _ = try JournalFile.open(directory: folder.path) }
            #expect(error?.code == .corrupt && error!.message.contains(word), "\(String(describing: error))")
            #expect(folder.bytes("journal.db-wal") == bytes)
        }
    }

    /// After a reboot the note may be an old one, as it is never flushed.
    @Test(arguments: [nil, 3]) func `without a note's help a damaged transaction is told from a torn one by what was written behind it`(noted: Int?) throws {
        let folder = Folder()
        let prepared = try prepare(folder)
        let path = folder.path + "/journal.db-wal"
        let bytes = try #require(prepared.bytes(path))
        let header = try #require(WALHeader(prepared, path))
        let frames = header.extent(prepared, path).committed
        let note = noted.map { WALNote(salt: header.salt, frames: $0) }
        #expect(WALNote.problem(wal: path, note, prepared) == nil)
        var generator = RandomGenerator(seed: 11)
        let disk = FaultyDisk()
        disk.copy(prepared)
        // The last three transactions have some frames each: none of those before them may be damaged unseen.
        let certain = WALHeader.bytes + (frames - 12) * 4_120
        for _ in 0..<Self.flips {
            var damaged = bytes
            damaged[Int.random(in: 0..<certain, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            disk.put(damaged, path)
            #expect(WALNote.problem(wal: path, note, disk) != nil)
        }
        // A transaction that was being written when the power went is no damage, whatever is missing of it.
        for place in stride(from: bytes.count - 4_120, to: bytes.count, by: 512) {
            var torn = bytes
            for byte in place..<min(place + 512, torn.count) { torn[byte] = 0 }
            disk.put(torn, path)
            #expect(WALNote.problem(wal: path, note, disk) == nil)
        }
    }

    @Test func `a WAL that another program has copied into the database in order is not missed`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        let entries = log.increments(30)
        try file.write(batch { $0.append(group1, entries) })
        file.kill()
        let shell = try Connection(path: folder.file, access: .readWrite)
        shell.setKeepsWAL(false)
        _ = try shell.integer("SELECT count(*) FROM journal")
        shell.close()
        #expect(folder.bytes("journal.db-wal") == nil)
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups[0].log.entries == entries)
        again.kill()
    }

    @Test func `a line that is not whole is no note`() {
        let note = WALNote(salt: .max, frames: 17)
        #expect(WALNote(line: note.line) == note)
        for count in 0..<note.line.count { #expect(WALNote(line: String(note.line.prefix(count))) == nil) }
        #expect(WALNote(line: note.line.replacingOccurrences(of: "17", with: "18")) == nil)
        #expect(WALNote(salt: .max, frames: .max).line.utf8.count < WALNote.lineBytes)
    }
}
