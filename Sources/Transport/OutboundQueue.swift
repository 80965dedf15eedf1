import NIOCore

/// The frames that wait to be written to one connection, encoded, within a bound.
///
/// Frames gather in one buffer, which is written as a whole and used again. When the other side is slow they gather in a list of
/// such buffers, so that memory is given back as it drains.
struct OutboundQueue {
    /// A buffer takes no further frame that would bring it past this.
    static let chunkBytes = 256 << 10
    /// A larger buffer is let go after it was written, so that one burst does not stay in memory for every connection.
    static let reusedBytesMax = 32 << 10

    let limit: Int
    /// Bytes that wait.
    private(set) var bytes = 0
    /// Set when a frame was refused; the owner clears it when it has told the sender to go on.
    var wasRefused = false
    private var current = ByteBuffer()
    private var earlier = CircularBuffer<ByteBuffer>()

    init(limit: Int) { self.limit = limit }

    /// Encodes a frame at the end of the queue.
    ///
    /// - Returns: false, with nothing changed, if the queue would be over its limit.
    mutating func append(_ payload: [UInt8]) -> Bool {
        let size = Frame.size(ofPayload: payload.count)
        guard bytes + size <= limit else {
            wasRefused = true
            return false
        }
        if current.readableBytes > 0, current.readableBytes + size > Self.chunkBytes {
            earlier.append(current)
            current = ByteBuffer()
        }
        current.writeFrame(payload)
        bytes += size
        return true
    }

    /// Takes the oldest buffer of whole frames.
    mutating func takeFirst() -> ByteBuffer? {
        guard bytes > 0 else { return nil }
        let first: ByteBuffer
        if let earliest = earlier.popFirst() {
            first = earliest
        } else {
            first = current
            current = ByteBuffer()
        }
        bytes -= first.readableBytes
        return first
    }

    /// Gives back a buffer that has been written, to be filled again.
    mutating func recycle(_ buffer: consuming ByteBuffer) {
        guard current.capacity == 0, buffer.capacity <= Self.reusedBytesMax else { return }
        buffer.clear()
        current = buffer
    }

    /// Whether a sender that was refused should hear that it may go on.
    var mayResume: Bool { wasRefused && bytes <= limit / 2 }
}
