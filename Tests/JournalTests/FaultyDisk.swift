import CSQLite
import Foundation
import Primitives
import Synchronization

/// An SQLite VFS over the system's that counts, fails and forgets on demand.
///
/// A write that was not followed by a sync of its file may be dropped or torn by `cutPower`, as a disk does that loses power.
///
/// `@unchecked Sendable`: everything that changes is in `state`, under its mutex; the rest is set once.
final class FaultyDisk: @unchecked Sendable {
    struct Write {
        var offset: Int64
        var bytes: [UInt8]
        /// What stood there, and how long the file was.
        var old: [UInt8]
        var oldSize: Int64
    }

    struct State {
        /// `write journal.db-wal`, `sync journal.db` …, in order.
        var calls: [String] = []
        /// The number, from 1, of the counted call to fail; later ones fail as well if `isLasting`.
        var failAt: Int?
        var isLasting = false
        var hasFailed = false
        /// Writes per path since its last sync; nil: not tracked.
        var unsynced: [String: [Write]]?
    }

    let name = "faulty-\(UUID().uuidString)"
    private let state = Mutex(State())
    private let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    private let zName: UnsafeMutablePointer<CChar>

    init() {
        zName = strdup(name)
        vfs.initialize(to: sqlite3_vfs_find(nil).pointee)
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(zName)
        vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        vfs.pointee.szOsFile += Int32(FaultyFile.realOffset)
        vfs.pointee.xOpen = openFile
        sqlite3_vfs_register(vfs, 0)
    }

    deinit {
        sqlite3_vfs_unregister(vfs)
        vfs.deallocate()
        free(zName)
    }

    var calls: [String] { state.withLock { $0.calls } }
    var hasFailed: Bool { state.withLock { $0.hasFailed } }
    func forgetCalls() { state.withLock { $0.calls = [] } }

    /// Has the `number`th call from now fail, and all after it if `isLasting`.
    func fail(at number: Int?, isLasting: Bool = false) {
        state.withLock { state in
            state.failAt = number.map { $0 + state.calls.count }
            state.isLasting = isLasting
            state.hasFailed = false
        }
    }

    func trackWrites() { state.withLock { $0.unsynced = [:] } }

    /// With all connections closed: each write that no sync has followed stays, is dropped or is torn.
    func cutPower(_ generator: inout RandomGenerator) throws {
        let unsynced = state.withLock { state in
            defer { state.unsynced = nil }
            return state.unsynced ?? [:]
        }
        for (path, writes) in unsynced.sorted(by: { $0.key < $1.key }) where FileManager.default.fileExists(atPath: path) {
            var content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            for write in writes.reversed() {
                let start = min(content.count, Int(write.offset))
                content.replaceSubrange(start..<min(content.count, start + write.bytes.count), with: write.old)
                content.removeLast(max(0, content.count - Int(write.oldSize)))
            }
            for write in writes {
                let kept =
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: 0
                    case 1: Int.random(in: 0...write.bytes.count, using: &generator)
                    default: write.bytes.count
                    }
                guard kept > 0 else { continue }
                let end = Int(write.offset) + kept
                if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
                content.replaceSubrange(Int(write.offset)..<end, with: write.bytes[..<kept])
            }
            try Data(content).write(to: URL(fileURLWithPath: path))
        }
    }

    /// Counts a call; true if it is to fail.
    fileprivate func count(_ call: String, _ path: String) -> Bool {
        state.withLock { state in
            state.calls.append("\(call) \(path.split(separator: "/").last ?? "")")
            guard let number = state.failAt else { return false }
            let fails = state.calls.count == number || (state.isLasting && state.calls.count > number)
            if fails { state.hasFailed = true }
            return fails
        }
    }

    fileprivate func noteWrite(_ write: Write, _ path: String) {
        state.withLock { $0.unsynced?[path, default: []].append(write) }
    }
    fileprivate func noteSync(_ path: String) { state.withLock { $0.unsynced?[path] = nil } }
    fileprivate var isTracking: Bool { state.withLock { $0.unsynced != nil } }
}

/// What SQLite holds as an open file: the methods below, then whose it is, then the real file.
private struct FaultyFile {
    var base: sqlite3_file
    var disk: UnsafeMutableRawPointer
    var path: UnsafeMutablePointer<CChar>?

    static let realOffset = 64

    static func of(_ file: UnsafeMutablePointer<sqlite3_file>!) -> UnsafeMutablePointer<FaultyFile> {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: FaultyFile.self)
    }
    static func real(_ file: UnsafeMutablePointer<sqlite3_file>!) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + realOffset).assumingMemoryBound(to: sqlite3_file.self)
    }
    static func methods(_ file: UnsafeMutablePointer<sqlite3_file>!) -> sqlite3_io_methods { real(file).pointee.pMethods.pointee }
    static func disk(_ file: UnsafeMutablePointer<sqlite3_file>!) -> FaultyDisk {
        Unmanaged<FaultyDisk>.fromOpaque(of(file).pointee.disk).takeUnretainedValue()
    }
    static func path(_ file: UnsafeMutablePointer<sqlite3_file>!) -> String {
        of(file).pointee.path.map { String(cString: $0) } ?? "temporary"
    }
}

private let openFile: @convention(c) (
    UnsafeMutablePointer<sqlite3_vfs>?, sqlite3_filename?, UnsafeMutablePointer<sqlite3_file>?, Int32,
    UnsafeMutablePointer<Int32>?
) -> Int32 = { vfs, name, file, flags, outFlags in
    let system = sqlite3_vfs_find(nil)!
    let own = FaultyFile.of(file)
    let result = system.pointee.xOpen(system, name, FaultyFile.real(file), flags, outFlags)
    own.pointee.base.pMethods = nil
    guard FaultyFile.real(file).pointee.pMethods != nil else { return result }
    own.pointee.disk = vfs!.pointee.pAppData
    own.pointee.path = name.flatMap { strdup($0) }
    own.pointee.base.pMethods = UnsafePointer(faultyMethods)
    return result
}

private nonisolated(unsafe) let faultyMethods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(to: sqlite3_io_methods())
    methods.pointee.iVersion = 2
    methods.pointee.xClose = { file in
        let result = FaultyFile.methods(file).xClose(FaultyFile.real(file))
        free(FaultyFile.of(file).pointee.path)
        return result
    }
    methods.pointee.xRead = { file, buffer, count, offset in
        FaultyFile.methods(file).xRead(FaultyFile.real(file), buffer, count, offset)
    }
    methods.pointee.xWrite = { file, buffer, count, offset in
        let disk = FaultyFile.disk(file)
        if disk.count("write", FaultyFile.path(file)) { return SQLITE_IOERR | 3 << 8 }
        if disk.isTracking {
            var size: Int64 = 0
            _ = FaultyFile.methods(file).xFileSize(FaultyFile.real(file), &size)
            var old = [UInt8](repeating: 0, count: Int(max(0, min(Int64(count), size - offset))))
            if !old.isEmpty { _ = FaultyFile.methods(file).xRead(FaultyFile.real(file), &old, Int32(old.count), offset) }
            let bytes = [UInt8](UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            disk.noteWrite(FaultyDisk.Write(offset: offset, bytes: bytes, old: old, oldSize: size), FaultyFile.path(file))
        }
        return FaultyFile.methods(file).xWrite(FaultyFile.real(file), buffer, count, offset)
    }
    methods.pointee.xTruncate = { file, size in
        if FaultyFile.disk(file).count("truncate", FaultyFile.path(file)) { return SQLITE_IOERR | 6 << 8 }
        return FaultyFile.methods(file).xTruncate(FaultyFile.real(file), size)
    }
    methods.pointee.xSync = { file, flags in
        let disk = FaultyFile.disk(file)
        if disk.count("sync", FaultyFile.path(file)) { return SQLITE_IOERR | 4 << 8 }
        disk.noteSync(FaultyFile.path(file))
        return FaultyFile.methods(file).xSync(FaultyFile.real(file), flags)
    }
    methods.pointee.xFileSize = { FaultyFile.methods($0).xFileSize(FaultyFile.real($0), $1) }
    methods.pointee.xLock = { FaultyFile.methods($0).xLock(FaultyFile.real($0), $1) }
    methods.pointee.xUnlock = { FaultyFile.methods($0).xUnlock(FaultyFile.real($0), $1) }
    methods.pointee.xCheckReservedLock = { FaultyFile.methods($0).xCheckReservedLock(FaultyFile.real($0), $1) }
    methods.pointee.xFileControl = { FaultyFile.methods($0).xFileControl(FaultyFile.real($0), $1, $2) }
    methods.pointee.xSectorSize = { FaultyFile.methods($0).xSectorSize(FaultyFile.real($0)) }
    methods.pointee.xDeviceCharacteristics = { FaultyFile.methods($0).xDeviceCharacteristics(FaultyFile.real($0)) }
    methods.pointee.xShmMap = { FaultyFile.methods($0).xShmMap(FaultyFile.real($0), $1, $2, $3, $4) }
    methods.pointee.xShmLock = { FaultyFile.methods($0).xShmLock(FaultyFile.real($0), $1, $2, $3) }
    methods.pointee.xShmBarrier = { FaultyFile.methods($0).xShmBarrier(FaultyFile.real($0)) }
    methods.pointee.xShmUnmap = { FaultyFile.methods($0).xShmUnmap(FaultyFile.real($0), $1) }
    return methods
}()
