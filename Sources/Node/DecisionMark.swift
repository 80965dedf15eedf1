internal import Engine
internal import Primitives
internal import Shards
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A page of memory, shared with a file, that says which command is being decided: what a process was at when it ended is known to the
/// next one (HAZARDS 31).
///
/// Nothing is flushed: the kernel keeps the page when the process dies, and a machine that dies was not killed by a command. To write it
/// takes some tens of nanoseconds a command. Confined to the node's event loop.
final class DecisionMark {
    /// What the last process was deciding when it ended.
    struct Found: Hashable {
        var kind: String
        var entity: [UInt8]
        var command: String
        var request: RequestID?
    }

    static let fileName = "deciding"
    private static let size = 4_096
    private let page: UnsafeMutableRawPointer

    /// Opens the folder's mark, and takes out what is in it.
    /// - Returns: nil if there can be none: it is a help, and no reason not to start.
    static func take(from folder: String) -> (mark: DecisionMark, found: Found?)? {
        let file = open("\(folder)/\(fileName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // Written and not only made longer: to store into a hole of a full disk would end the process.
        if lseek(file, 0, SEEK_END) < off_t(size) {
            let blank = [UInt8](repeating: 0, count: size)
            guard pwrite(file, blank, size, 0) == size else { return nil }
        }
        guard let page = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), page != MAP_FAILED else { return nil }
        let mark = DecisionMark(page)
        let found = mark.read()
        mark.end()
        return (mark, found)
    }

    private init(_ page: UnsafeMutableRawPointer) { self.page = page }
    deinit { munmap(page, Self.size) }

    func begin(_ kind: String, _ command: CommandRequest) {
        var writer = Cursor(page: page, offset: 1)
        writer.write(kind)
        command.entity.withUnsafeBytes { writer.write($0) }
        writer.write(command.name)
        switch command.request {
        case nil: writer.write(UInt8(0))
        case .session(let session):
            writer.write(UInt8(1))
            for value in [session.client, UInt64(bitPattern: session.opened), session.number, session.acknowledgedBelow] {
                writer.write(value)
            }
        case .key(let key):
            writer.write(UInt8(2))
            key.withUnsafeBytes { writer.write($0) }
        }
        page.storeBytes(of: 1, as: UInt8.self)
    }

    func end() { page.storeBytes(of: 0, as: UInt8.self) }

    private func read() -> Found? {
        guard page.load(as: UInt8.self) == 1 else { return nil }
        var reader = Cursor(page: page, offset: 1)
        let kind = String(decoding: reader.readBytes(), as: UTF8.self)
        let entity = reader.readBytes()
        let command = String(decoding: reader.readBytes(), as: UTF8.self)
        var found = Found(kind: kind, entity: entity, command: command, request: nil)
        switch reader.read() as UInt8 {
        case 1:
            found.request = .session(
                SessionRequest(
                    client: reader.read(), opened: Int64(bitPattern: reader.read()), number: reader.read(),
                    acknowledgedBelow: reader.read()))
        case 2: found.request = .key(reader.readBytes())
        default: break
        }
        return found
    }

    /// Kind, entity, command and key together stay below the page's size: names have at most 64 bytes, entity ids 512, keys 255. Whatever
    /// else the file may hold, nothing is touched outside of the page.
    private struct Cursor {
        let page: UnsafeMutableRawPointer
        var offset: Int

        private mutating func claim(_ wanted: Int) -> (offset: Int, count: Int) {
            let count = max(0, min(wanted, DecisionMark.size - offset))
            defer { offset += count }
            return (offset, count)
        }

        mutating func write<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value.littleEndian) { copy($0) }
        }

        mutating func write(_ text: String) {
            var text = text
            text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
        }

        mutating func write(_ bytes: UnsafeRawBufferPointer) {
            write(UInt16(truncatingIfNeeded: bytes.count))
            copy(bytes)
        }

        private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
            let (offset, count) = claim(bytes.count)
            if count > 0 { page.advanced(by: offset).copyMemory(from: bytes.baseAddress!, byteCount: count) }
        }

        mutating func read<Value: FixedWidthInteger>() -> Value {
            var value = Value.zero
            let (offset, count) = claim(MemoryLayout<Value>.size)
            withUnsafeMutableBytes(of: &value) { $0.copyMemory(from: UnsafeRawBufferPointer(start: page + offset, count: count)) }
            return Value(littleEndian: value)
        }

        mutating func readBytes() -> [UInt8] {
            let (offset, count) = claim(Int(read() as UInt16))
            return [UInt8](UnsafeRawBufferPointer(start: page + offset, count: count))
        }
    }
}
