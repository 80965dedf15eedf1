import Primitives

/// How much of the WAL was acknowledged, noted in the folder's lock file after each commit.
///
/// A WAL ends where a checksum first fails, and SQLite takes everything behind that for never written: one flipped bit, and it opens with a
/// part of what was committed and finds nothing wrong (HAZARDS 20). With the note it is known how far the WAL must be good. The note is
/// not flushed, as that would double the cost of a commit: after a power cut it may be older than the WAL, or of an earlier round and
/// without meaning; it never says too much. What is behind it is judged by the WAL itself: each transaction is flushed before the next one
/// is begun, so that only the last one's frames can be torn.
/// - SeeAlso: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
struct WALNote: Hashable {
    /// Names the WAL's round: it changes whenever the WAL starts over.
    var salt: UInt64
    /// Frames that were committed and flushed.
    var frames: Int

    static let lineBytes = 64

    /// For people as much as for the next start.
    var line: String { "wal \(salt) \(frames) \(check)" }

    /// Tells a line that is whole from one that is not.
    private var check: UInt64 { Checksum.xxh64(Array("\(salt) \(frames)".utf8)) & 0xffff }

    init(salt: UInt64, frames: Int) {
        self.salt = salt
        self.frames = frames
    }

    /// Nil for anything that `line` has not made.
    init?(line: String) {
        let parts = line.split(separator: " ")
        guard parts.count == 4, parts[0] == "wal", let salt = UInt64(parts[1]), let frames = Int(parts[2]), frames > 0 else { return nil }
        self.init(salt: salt, frames: frames)
        guard parts[3] == "\(check)" else { return nil }
    }

    /// What is wrong with a WAL of which `note` says how much was acknowledged; nil if nothing is, or nothing can be told.
    static func problem(wal: String, _ note: WALNote?, _ files: any FileSystem) -> String? {
        // Without a WAL: another program may have copied it into the database, in order.
        guard let size = files.size(wal), size > 0 else { return nil }
        guard let header = WALHeader(files, wal) else {
            // A sector is written or not; one that never was is zero.
            let isBlank = (try? files.read(wal, 0..<WALHeader.bytes).allSatisfy { $0 == 0 }) ?? false
            return isBlank && note == nil ? nil : "the header of its write-ahead log is damaged"
        }
        let noted = header.salt == note?.salt ? note!.frames : 0
        guard let problem = header.problem(files, wal, noted: noted) else { return nil }
        // A writer may have gone on meanwhile, or started it over.
        guard WALHeader(files, wal)?.salt == header.salt, header.problem(files, wal, noted: noted) == problem else { return nil }
        return problem
    }
}

/// The first 32 bytes of a WAL.
struct WALHeader {
    static let bytes = 32
    private static let frameHeaderBytes = 24
    /// Frames read at a time.
    private static let framesPerRead = 256

    let salt: UInt64
    private let pageBytes: Int
    private let isBigEndian: Bool
    private let checksum: (UInt32, UInt32)

    /// Nil if there is none, or it is damaged.
    init?(_ files: any FileSystem, _ wal: String) {
        guard let bytes = try? files.read(wal, 0..<Self.bytes)[...], bytes.count == Self.bytes else { return nil }
        let magic = Self.word(bytes, 0)
        guard magic & ~1 == 0x377F_0682 else { return nil }
        isBigEndian = magic & 1 == 1
        pageBytes = Int(Self.word(bytes, 8))
        salt = UInt64(Self.word(bytes, 16)) << 32 | UInt64(Self.word(bytes, 20))
        checksum = Self.sum(bytes.prefix(24), from: (0, 0), isBigEndian)
        guard checksum == (Self.word(bytes, 24), Self.word(bytes, 28)), pageBytes >= 512, pageBytes <= 65_536 else { return nil }
    }

    private var frameBytes: Int { Self.frameHeaderBytes + pageBytes }

    /// What of this round is damaged, if `noted` frames were acknowledged at least.
    func problem(_ files: any FileSystem, _ wal: String, noted: Int) -> String? {
        let good = extent(files, wal).good
        if good < noted { return "frame \(good + 1) of \(noted) committed ones in its write-ahead log is damaged or missing" }
        guard goesOn(behind: good, files, wal) else { return nil }
        return "frame \(good + 1) of its write-ahead log is damaged, and transactions were written behind it"
    }

    /// How many frames of this round are good, from the first on, and how many of those are of whole transactions.
    func extent(_ files: any FileSystem, _ wal: String) -> (good: Int, committed: Int) {
        var (sum, good, committed) = (checksum, 0, 0)
        walk(files, wal, from: 0) { frame, _ in
            guard isGood(frame, &sum) else { return false }
            good += 1
            if Self.isCommit(frame) { committed = good }
            return true
        }
        return (good, committed)
    }

    /// Whether a transaction was begun behind that of frame `bad`, which then had been flushed.
    private func goesOn(behind bad: Int, _ files: any FileSystem, _ wal: String) -> Bool {
        var hasEnded = false
        var goesOn = false
        walk(files, wal, from: bad) { frame, place in
            guard isOfThisRound(frame) else { return true }
            goesOn = hasEnded
            // Of a header that lies in two sectors, one may be of an earlier round: its mark of an end says nothing.
            if Self.isCommit(frame), place % 512 <= 512 - Self.frameHeaderBytes { hasEnded = true }
            return !goesOn
        }
        return goesOn
    }

    /// Shows whole frames and their places in the file, one after the other, until `body` has seen enough.
    private func walk(_ files: any FileSystem, _ wal: String, from first: Int, _ body: (ArraySlice<UInt8>, Int) -> Bool) {
        var start = Self.bytes + first * frameBytes
        while true {
            guard let bytes = try? files.read(wal, start..<start + Self.framesPerRead * frameBytes), bytes.count >= frameBytes else { return }
            for offset in stride(from: 0, through: bytes.count - frameBytes, by: frameBytes) {
                guard body(bytes[offset..<offset + frameBytes], start + offset) else { return }
            }
            start += bytes.count / frameBytes * frameBytes
        }
    }

    /// How many bytes of the file are of whole transactions.
    func committedBytes(_ files: any FileSystem, _ wal: String) -> Int { Self.bytes + extent(files, wal).committed * frameBytes }

    private func isOfThisRound(_ frame: ArraySlice<UInt8>) -> Bool {
        let start = frame.startIndex
        return Self.word(frame, start + 8) == UInt32(salt >> 32) && Self.word(frame, start + 12) == UInt32(truncatingIfNeeded: salt)
    }

    /// Whether the frame ends a transaction: it then has the database's size.
    private static func isCommit(_ frame: ArraySlice<UInt8>) -> Bool { word(frame, frame.startIndex + 4) != 0 }

    private func isGood(_ frame: ArraySlice<UInt8>, _ sum: inout (UInt32, UInt32)) -> Bool {
        let start = frame.startIndex
        guard isOfThisRound(frame) else { return false }
        sum = Self.sum(frame[start..<start + 8], from: sum, isBigEndian)
        sum = Self.sum(frame[(start + Self.frameHeaderBytes)...], from: sum, isBigEndian)
        return sum == (Self.word(frame, start + 16), Self.word(frame, start + 20))
    }

    /// SQLite's checksum over pairs of 32-bit words.
    private static func sum(
        _ bytes: ArraySlice<UInt8>, from start: (UInt32, UInt32), _ isBigEndian: Bool
    ) -> (UInt32, UInt32) {
        bytes.withUnsafeBytes { bytes in
            var (first, second) = start
            // A WAL is megabytes: a plain loop, as iterators cost their weight in builds that are not optimized.
            var place = bytes.baseAddress!
            let end = place + (bytes.count & ~7)
            while place < end {
                let left = place.loadUnaligned(as: UInt32.self)
                let right = (place + 4).loadUnaligned(as: UInt32.self)
                first = first &+ (isBigEndian ? left.bigEndian : left.littleEndian) &+ second
                second = second &+ (isBigEndian ? right.bigEndian : right.littleEndian) &+ first
                place += 8
            }
            return (first, second)
        }
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ index: Int) -> UInt32 {
        (index..<index + 4).reduce(0) { $0 << 8 | UInt32(bytes[$1]) }
    }
}
