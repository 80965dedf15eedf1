internal import Consensus
public import Primitives

/// Inquiries and their answers that are no JSON, as bytes; `WireProtocol.md` has the layout.
extension ByteWriter {
    mutating func write(_ inquiry: ReplicaInquiry) {
        write(inquiry.node.rawValue)
        write(inquiry.group.rawValue)
        switch inquiry.question {
        case .standing: write(UInt8(1))
        case .entries(let from, let through):
            write(UInt8(2))
            write(from.rawValue)
            write(through.rawValue)
        case .digest(let from, let through):
            write(UInt8(3))
            write(from.rawValue)
            write(through.rawValue)
        case .checkpoint(let offset):
            write(UInt8(4))
            write(offset)
        case .hold(let cut, let milliseconds):
            write(UInt8(5))
            write(cut)
            write(milliseconds)
        case .release(let cut):
            write(UInt8(6))
            write(cut)
        }
    }
}

extension ByteReader {
    mutating func readInquiry() throws(MalformedBytes) -> ReplicaInquiry {
        let (node, group) = (NodeID(try read()), GroupID(try read()))
        let question: ReplicaInquiry.Question =
            switch try read(UInt8.self) {
            case 1: .standing
            case 2: .entries(from: LogIndex(try read()), through: LogIndex(try read()))
            case 3: .digest(from: LogIndex(try read()), through: LogIndex(try read()))
            case 4: .checkpoint(offset: try read())
            case 5: .hold(cut: try read(), milliseconds: try read())
            case 6: .release(cut: try read())
            case let other: throw MalformedBytes("inquiry \(other) is not known")
            }
        return ReplicaInquiry(node: node, group: group, question: question)
    }
}

extension EntryPage {
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: entries.reduce(64) { $0 + $1.payload.count + 32 })
        writer.write((entries.first?.index ?? .zero).rawValue)
        writer.write(UInt32(entries.count))
        for entry in entries { writer.write(entry) }
        return writer.bytes
    }

    public init(encoded bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes)
        let (first, count) = (try reader.read(UInt64.self), try reader.read(UInt32.self))
        guard first < UInt64(Int64.max) - UInt64(count) else { throw MalformedBytes("index \(first) is out of range") }
        var entries: [Entry] = []
        for offset in 0..<Int(count) { entries.append(try reader.readEntry(at: LogIndex(first) + offset)) }
        guard reader.isAtEnd else { throw MalformedBytes("there is more than \(count) entries") }
        self.init(entries: entries)
    }
}

extension CheckpointPart {
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: bytes.count + 256)
        writer.write(point)
        writer.write(bytesTotal)
        writer.write(offset)
        writer.writeLong(bytes)
        return writer.bytes
    }

    public init(encoded bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes)
        self.init(
            point: try reader.readSnapshotPoint(), bytesTotal: try reader.read(), offset: try reader.read(),
            bytes: try reader.readLong(limit: ByteReader.fieldBytesMax))
    }
}
