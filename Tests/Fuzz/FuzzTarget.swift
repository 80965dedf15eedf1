import Consensus
import Directory
import NIOCore
import Primitives
import Shards

@testable import Engine
@testable import JSON
@testable import Journal
@testable import Transport

/// A decoder of bytes from outside: from the network, or from a file that may be damaged.
///
/// `run` must return or throw for any bytes. What is accepted must come out of its own encoder as the same bytes where it is kept and
/// checksummed (entries, checkpoints), and elsewhere as bytes that mean the same: two readings of one message would be two truths.
enum FuzzTarget: String, CaseIterable, Sendable {
    case frames, handshake, peer, request, response, entry, configuration, checkpoint, json, directory, positions, note

    struct Ambiguous: Error, CustomStringConvertible {
        var description: String
    }

    func run(_ bytes: [UInt8]) throws {
        switch self {
        case .frames: try frames(bytes)
        case .handshake: try same(HandshakeMessage(bytes).encoded(), asStartOf: bytes)
        case .peer:
            try decodeAll(bytes) { reader in
                let message = try reader.readPeerMessage()
                return { $0.write(message) }
            }
        case .request:
            try decodeAll(bytes) { reader in
                let request = try reader.readRequest()
                return { $0.write(request) }
            }
        case .response:
            try decodeAll(bytes) { reader in
                let response = try reader.readResponse()
                return { $0.write(response) }
            }
        case .entry: try same(EntryRecord(encoded: bytes).encoded(), as: bytes)
        case .configuration: try decodeConfiguration(bytes)
        case .checkpoint: try same(ShardCheckpoint(encoded: bytes).encoded(), as: bytes)
        case .json: try json(bytes)
        case .directory: try directory(bytes)
        case .positions: try positions(bytes)
        case .note:
            let line = String(decoding: bytes, as: UTF8.self)
            guard let note = WALNote(line: line) else { throw MalformedBytes("no note") }
            guard WALNote(line: note.line) == note else { throw Ambiguous(description: line) }
        }
    }

    /// In pieces as the first byte says: a stream comes in any.
    private func frames(_ bytes: [UInt8]) throws {
        guard let first = bytes.first else { throw MalformedBytes("no bytes") }
        var decoder = FrameDecoder(limit: 1 << 16)
        var rest = bytes.dropFirst()
        while !rest.isEmpty {
            var piece = ByteBuffer(bytes: rest.prefix(Int(first) + 1))
            rest = rest.dropFirst(Int(first) + 1)
            while let payload = try decoder.next(&piece) {
                var again = ByteBuffer()
                again.writeFrame(payload)
                var second = FrameDecoder(limit: 1 << 16)
                guard try second.next(&again) == payload else { throw Ambiguous(description: "a frame of \(payload.count) bytes") }
            }
        }
        if decoder.isMidFrame { throw MalformedBytes("it ends in mid-frame") }
    }

    private func decodeAll(
        _ bytes: [UInt8], _ read: (inout ByteReader) throws -> (inout ByteWriter) -> Void
    ) throws {
        let once = try Self.again(bytes, read)
        // What a later version may have written otherwise (a negative time) has one meaning here all the same.
        guard try Self.again(once, read) == once else { throw Ambiguous(description: "\(bytes) is read as \(once)") }
    }

    private static func again(
        _ bytes: [UInt8], _ read: (inout ByteReader) throws -> (inout ByteWriter) -> Void
    ) throws -> [UInt8] {
        var reader = ByteReader(bytes)
        let write = try read(&reader)
        try reader.finish()
        var writer = ByteWriter(reserving: bytes.count)
        write(&writer)
        return writer.bytes
    }

    private func decodeConfiguration(_ bytes: [UInt8]) throws {
        let configuration = try Configuration(decoding: bytes)
        guard try Configuration(decoding: configuration.encoded()) == configuration else {
            throw Ambiguous(description: "\(configuration)")
        }
    }

    private func json(_ bytes: [UInt8]) throws {
        let value = try JSONValue.parse(bytes)
        let text = value.serialized()
        guard try JSONValue.parse(text) == value, try JSONValue.parse(value.serializedForPeople()) == value else {
            throw Ambiguous(description: String(decoding: text, as: UTF8.self))
        }
        try JSON.validate(bytes)
    }

    private func directory(_ bytes: [UInt8]) throws {
        if let command = try? JSON.decode(DirectoryCommand.self, from: bytes) {
            _ = try JSON.encode(command)
        } else {
            _ = try JSON.encode(JSON.decode(DirectoryEvent.self, from: bytes))
        }
    }

    private func positions(_ bytes: [UInt8]) throws {
        guard let count = bytes.first else { throw MalformedBytes("no bytes") }
        let rest = Array(bytes.dropFirst())
        let found = rest.withUnsafeBytes { PositionCodec.decode($0, count: Int(count)) }
        let hashes = rest.withUnsafeBytes { PositionCodec.decodeHashes($0, count: Int(count)) }
        guard let found else {
            guard hashes != nil else { throw MalformedBytes("no positions") }
            return
        }
        let again = PositionCodec.encode(found)
        guard again.withUnsafeBytes({ PositionCodec.decode($0, count: Int(count)) }) == found else {
            throw Ambiguous(description: "\(found)")
        }
    }

    private func same(_ again: [UInt8], as bytes: [UInt8]) throws {
        guard again == bytes else { throw Ambiguous(description: "\(bytes) is read as \(again)") }
    }

    /// Later versions may append fields that this one passes over.
    private func same(_ again: [UInt8], asStartOf bytes: [UInt8]) throws {
        guard bytes.starts(with: again) else { throw Ambiguous(description: "\(bytes) is read as \(again)") }
    }
}
