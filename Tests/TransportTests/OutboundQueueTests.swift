import NIOCore
import Testing

@testable import Transport

@Suite struct OutboundQueueTests {
    @Test("What is queued in one turn leaves as one buffer, in order")
    func oneBuffer() throws {
        var queue = OutboundQueue(limit: 1_000)
        expect(&queue, takes: [[1], [2, 2], [3]])
        #expect(queue.bytes == 28)
        let buffer = queue.takeFirst()
        #expect(buffer == stream([[1], [2, 2], [3]]))
        #expect(queue.bytes == 0)
        let none = queue.takeFirst()
        #expect(none == nil)
    }

    @Test("A frame that would pass the limit changes nothing; the sender may go on when half has left")
    func bound() throws {
        var queue = OutboundQueue(limit: 2 * OutboundQueue.chunkBytes)
        let frame = [UInt8](repeating: 5, count: OutboundQueue.chunkBytes - Frame.headerBytes)
        expect(&queue, takes: [frame, frame])
        #expect(!queue.mayResume)
        let wasTaken = queue.append([1])
        #expect(!wasTaken)
        #expect(queue.bytes == queue.limit)
        #expect(!queue.mayResume)
        _ = queue.takeFirst()
        #expect(queue.mayResume)
        expect(&queue, takes: [[1]])
    }

    @Test("A long queue is a list of buffers, each of whole frames, in order")
    func chunks() throws {
        var queue = OutboundQueue(limit: 8 << 20)
        let payloads = (0..<40).map { [UInt8](repeating: UInt8($0), count: 40_000) } + [[UInt8](repeating: 1, count: 1 << 20)]
        expect(&queue, takes: payloads)
        var decoder = FrameDecoder(limit: 2 << 20)
        var frames: [[UInt8]] = []
        while var buffer = queue.takeFirst() {
            frames += try drain(&decoder, &buffer)
            #expect(!decoder.isMidFrame)
        }
        #expect(frames == payloads)
        #expect(queue.bytes == 0)
    }

    @Test("A written buffer is used again, unless it is large or another is being filled")
    func recycling() throws {
        var queue = OutboundQueue(limit: 8 << 20)
        expect(&queue, takes: [[1, 2, 3]])
        if let written = queue.takeFirst() { queue.recycle(written) }
        expect(&queue, takes: [[4]])
        let second = queue.takeFirst()
        #expect(second == stream([[4]]))

        expect(&queue, takes: [[5]])
        let written = queue.takeFirst()
        expect(&queue, takes: [[6]])
        if let written { queue.recycle(written) }
        let third = queue.takeFirst()
        #expect(third == stream([[6]]))
    }

    /// The macro cannot call what mutates.
    private func expect(_ queue: inout OutboundQueue, takes payloads: [[UInt8]]) {
        for payload in payloads {
            let wasTaken = queue.append(payload)
            #expect(wasTaken)
        }
    }
}
