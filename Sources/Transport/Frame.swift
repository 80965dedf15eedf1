import NIOCore

/// The unit of every connection: a 32-bit length, the 32-bit CRC-32C of the payload, the payload. Little endian.
enum Frame {
    static let headerBytes = 8
    /// Payload bytes of a handshake frame, so that a stranger cannot make this node hold more.
    static let handshakeBytesMax = 4_096

    /// Bytes of a frame with a payload of `count` bytes.
    static func size(ofPayload count: Int) -> Int { headerBytes + count }
}

extension ByteBuffer {
    /// Appends `payload` as a frame. Trap: an empty payload, which no receiver accepts.
    mutating func writeFrame(_ payload: [UInt8]) {
        precondition(!payload.isEmpty, "a frame has a payload")
        let header = UInt64(CRC32C.checksum(payload)) << 32 | UInt64(UInt32(payload.count))
        reserveCapacity(minimumWritableBytes: Frame.size(ofPayload: payload.count))
        writeInteger(header, endianness: .little)
        writeBytes(payload)
    }
}

/// Bytes that are no frame. The connection they came on cannot be read any further.
enum FrameError: Error, Hashable, CustomStringConvertible {
    case oversized(bytes: Int, limit: Int)
    /// Refused because a run of zero bytes would otherwise read as endless valid frames.
    case empty
    case damaged(announced: UInt32, found: UInt32)

    var description: String {
        switch self {
        case .oversized(let bytes, let limit): "a frame of \(bytes) bytes is over the limit of \(limit)"
        case .empty: "a frame is empty"
        case .damaged(let announced, let found):
            "a frame's checksum is \(String(found, radix: 16)), its header says \(String(announced, radix: 16))"
        }
    }
}
