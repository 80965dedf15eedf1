import Primitives

/// What some commands did, copied from their rows of `journal` into one piece of memory.
struct CommandBatch: Sendable {
    struct Command: Sendable {
        var replica: Int64
        var index: LogIndex
        var firstRevision: UInt64
        /// Of a format that this program does not know: what it did is not known either.
        var isOpaque: Bool
        /// Places in `bytes`.
        var entity: Range<Int>
        /// A JSON array.
        var events: Range<Int>
    }

    private(set) var commands: [Command] = []
    private(set) var bytes: [UInt8] = []

    private static let bytesMax = 256 << 10
    var isFull: Bool { bytes.count >= Self.bytesMax }

    init() {
        bytes.reserveCapacity(Self.bytesMax + Self.bytesMax / 16)
        commands.reserveCapacity(Self.bytesMax / 32)
    }

    mutating func append(
        _ replica: Int64, _ index: LogIndex, from firstRevision: UInt64, isOpaque: Bool, entity: UnsafeRawBufferPointer,
        events: UnsafeRawBufferPointer
    ) {
        let start = bytes.count
        let (middle, end) = (start + entity.count, start + entity.count + events.count)
        bytes += entity
        bytes += events
        commands.append(
            Command(
                replica: replica, index: index, firstRevision: firstRevision, isOpaque: isOpaque, entity: start..<middle,
                events: middle..<end))
    }
}
