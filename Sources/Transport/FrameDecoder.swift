import NIOCore

/// Cuts a stream of bytes, which comes in pieces of any size, into frames' payloads.
///
/// A payload that lies whole in one piece is copied once; one that spans pieces grows as its bytes come, so that a header alone
/// never makes memory be taken.
struct FrameDecoder {
    /// Payload bytes of the largest frame accepted; may change between frames.
    var limit: Int
    /// Frames completed so far.
    private(set) var frames = 0

    private var header: UInt64 = 0
    private var headerCount = 0
    private var payload: [UInt8] = []
    private var checksum: UInt32 = 0

    init(limit: Int) { self.limit = limit }

    /// Whether a frame has begun and not ended.
    var isMidFrame: Bool { headerCount > 0 }

    /// The next frame that is complete with the bytes of `piece`, which are consumed up to its end.
    ///
    /// - Returns: nil when all of `piece` is consumed and no frame is complete.
    /// - Throws: when the bytes are no frame; the decoder is not to be used again.
    mutating func next(_ piece: inout ByteBuffer) throws(FrameError) -> [UInt8]? {
        if headerCount < Frame.headerBytes {
            guard readHeader(&piece) else { return nil }
            let length = Int(UInt32(truncatingIfNeeded: header))
            guard length <= limit else { throw .oversized(bytes: length, limit: limit) }
            guard length > 0 else { throw .empty }
            if let whole = piece.readBytes(length: length) {
                return try finish(whole, CRC32C.checksum(whole))
            }
        }
        let missing = Int(UInt32(truncatingIfNeeded: header)) - payload.count
        let count = min(missing, piece.readableBytes)
        piece.readWithUnsafeReadableBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
            payload.append(contentsOf: part)
            checksum = CRC32C.extend(checksum, with: part)
            return count
        }
        guard count == missing else { return nil }
        let whole = payload
        payload = []
        defer { checksum = 0 }
        return try finish(whole, checksum)
    }

    /// Whether the header is complete.
    private mutating func readHeader(_ piece: inout ByteBuffer) -> Bool {
        if headerCount == 0, let whole = piece.readInteger(endianness: .little, as: UInt64.self) {
            header = whole
            headerCount = Frame.headerBytes
            return true
        }
        while headerCount < Frame.headerBytes, let byte = piece.readInteger(as: UInt8.self) {
            header = (headerCount == 0 ? 0 : header) | UInt64(byte) << (8 * UInt64(headerCount))
            headerCount += 1
        }
        return headerCount == Frame.headerBytes
    }

    private mutating func finish(_ payload: [UInt8], _ found: UInt32) throws(FrameError) -> [UInt8] {
        let announced = UInt32(truncatingIfNeeded: header >> 32)
        guard announced == found else { throw .damaged(announced: announced, found: found) }
        headerCount = 0
        frames += 1
        return payload
    }
}
