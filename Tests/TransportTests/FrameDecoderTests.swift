import NIOCore
import Primitives
import Testing

@testable import Transport

@Suite struct FrameDecoderTests {
    @Test("A frame is its length, its checksum and its payload, little endian")
    func golden() {
        #expect(stream([Array("123456789".utf8)]).hexDump(format: .compact) == "09000000839206e3313233343536373839")
    }

    @Test("Frames come out as they went in, however the stream is cut in two")
    func everyCut() throws {
        let payloads: [[UInt8]] = [[1], Array(0..<40), [9, 9, 9], [UInt8](repeating: 7, count: 300)]
        let whole = stream(payloads)
        for cut in 0...whole.readableBytes {
            var decoder = FrameDecoder(limit: 300)
            var rest = whole
            var first = rest.readSlice(length: cut) ?? ByteBuffer()
            let frames = try drain(&decoder, &first) + drain(&decoder, &rest)
            #expect(frames == payloads)
            #expect(!decoder.isMidFrame)
            #expect(decoder.frames == payloads.count)
        }
    }

    @Test("Frames come out as they went in, byte by byte")
    func byteByByte() throws {
        let payloads: [[UInt8]] = [[1], Array(0..<40), [UInt8](repeating: 7, count: 20)]
        var decoder = FrameDecoder(limit: 64)
        var frames: [[UInt8]] = []
        var whole = stream(payloads)
        while var piece = whole.readSlice(length: 1) { frames += try drain(&decoder, &piece) }
        #expect(frames == payloads)
    }

    @Test("A stream that ends early, at any byte, gives only the frames that were whole")
    func truncated() throws {
        let payloads: [[UInt8]] = [[1, 2, 3], Array(0..<40)]
        let whole = stream(payloads)
        for count in 0..<whole.readableBytes {
            var decoder = FrameDecoder(limit: 64)
            var piece = try #require(whole.getSlice(at: whole.readerIndex, length: count))
            #expect(try drain(&decoder, &piece) == (count < 11 ? [] : [payloads[0]]))
            #expect(decoder.isMidFrame == (count != 0 && count != 11))
        }
    }

    @Test("Not one flipped bit gets through as another frame")
    func flippedBits() throws {
        let payload: [UInt8] = Array("forty-two".utf8)
        let whole = Array(stream([payload]).readableBytesView)
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            // What follows makes up for a length that has grown.
            var piece = ByteBuffer(bytes: damaged + [UInt8](repeating: 0, count: 64))
            var decoder = FrameDecoder(limit: 64)
            #expect(throws: FrameError.self) { _ = try drain(&decoder, &piece) }
        }
    }

    @Test("A frame over the limit is refused by its header alone")
    func oversized() throws {
        var decoder = FrameDecoder(limit: 10)
        var exact = stream([[UInt8](repeating: 1, count: 10)])
        #expect(try drain(&decoder, &exact).count == 1)
        var header = ByteBuffer(integer: UInt64(11), endianness: .little)
        #expect(throws: FrameError.oversized(bytes: 11, limit: 10)) { _ = try drain(&decoder, &header) }
        var huge = ByteBuffer(repeating: 0xFF, count: 8)
        var other = FrameDecoder(limit: 10)
        #expect(throws: FrameError.oversized(bytes: 4_294_967_295, limit: 10)) { _ = try drain(&other, &huge) }
    }

    @Test("A run of zero bytes is not a run of frames")
    func zeros() {
        var decoder = FrameDecoder(limit: 10)
        var zeros = ByteBuffer(repeating: 0, count: 64)
        #expect(throws: FrameError.empty) { _ = try drain(&decoder, &zeros) }
    }

    @Test("Garbage of any kind and cut is refused or waits for more; it never traps")
    func garbage() {
        var generator = RandomGenerator(seed: 7)
        for _ in 0..<2_000 {
            var decoder = FrameDecoder(limit: 128)
            do {
                for _ in 0..<4 {
                    let count = Int.random(in: 0...96, using: &generator)
                    // Small numbers make plausible lengths.
                    let bytes = (0..<count).map { _ in UInt8.random(in: 0...(Bool.random(using: &generator) ? 3 : 255), using: &generator) }
                    var piece = ByteBuffer(bytes: bytes)
                    #expect(try drain(&decoder, &piece).isEmpty)
                    #expect(piece.readableBytes == 0)
                }
            } catch { #expect(error is FrameError) }
        }
    }
}

func stream(_ payloads: [[UInt8]]) -> ByteBuffer {
    var buffer = ByteBuffer()
    for payload in payloads { buffer.writeFrame(payload) }
    return buffer
}

func drain(_ decoder: inout FrameDecoder, _ piece: inout ByteBuffer) throws -> [[UInt8]] {
    var frames: [[UInt8]] = []
    while let frame = try decoder.next(&piece) { frames.append(frame) }
    return frames
}
