import Foundation
import Primitives
import Testing

/// Every decoder of bytes from outside, cut short at every byte and with every bit of a valid message flipped. `tools/fuzz` goes on from
/// here.
@Suite struct DecoderTests {
    /// The seeds, and what fuzzing has found worth keeping.
    private func corpus(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return target.seeds + (try files.map { [UInt8](try Data(contentsOf: folder.appendingPathComponent($0))) })
    }

    @Test(arguments: FuzzTarget.allCases)
    func `what is valid is read, and comes out again`(target: FuzzTarget) throws {
        for seed in target.seeds { #expect(throws: Never.self) { try target.run(seed) } }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `bytes that are cut short, too long or flipped are refused or mean one thing`(target: FuzzTarget) throws {
        for sample in try corpus(target) {
            check(target, sample)
            for count in 0..<sample.count { check(target, Array(sample[..<count])) }
            for byte in [UInt8](0...9) + [127, 128, 255] { check(target, sample + [byte]) }
            for place in sample.indices where sample.count < 512 {
                for bit in 0..<8 {
                    var flipped = sample
                    flipped[place] ^= 1 << UInt8(bit)
                    check(target, flipped)
                }
            }
        }
    }

    @Test(arguments: FuzzTarget.allCases.filter { ![.json, .note, .positions, .frames].contains($0) })
    func `no message that is cut short is taken for one`(target: FuzzTarget) {
        for seed in target.seeds {
            for count in 0..<seed.count {
                #expect(throws: (any Error).self, "\(count) of \(seed.count) bytes") { try target.run(Array(seed[..<count])) }
            }
        }
    }

    /// Anything may be refused; nothing may trap or be read in two ways.
    private func check(_ target: FuzzTarget, _ bytes: [UInt8]) {
        do { try target.run(bytes) } catch let error as FuzzTarget.Ambiguous { Issue.record("\(error)") } catch {}
    }
}
