import Foundation

/// `fuzz TARGET [libFuzzer's arguments]`, or `fuzz seeds DIR`: writes the valid messages of every target there.
@main
struct Main {
    nonisolated(unsafe) private static var target = FuzzTarget.json

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "seeds" { return try writeSeeds(arguments[2]) }
        guard arguments.count > 1, let target = FuzzTarget(rawValue: arguments[1]) else {
            print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
            return
        }
        Self.target = target
        // libFuzzer reads the rest.
        var count = CommandLine.argc - 1
        var rest = CommandLine.unsafeArgv + 1
        exit(
            runDriver(&count, &rest) { bytes, count in
                let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
                do { try Main.target.run(input) } catch let error as FuzzTarget.Ambiguous { fatalError("\(error)") } catch {}
                return 0
            })
    }

    private static func writeSeeds(_ folder: String) throws {
        for target in FuzzTarget.allCases {
            let place = URL(fileURLWithPath: folder).appendingPathComponent(target.rawValue)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (number, seed) in target.seeds.enumerated() {
                try Data(seed).write(to: place.appendingPathComponent("seed-\(number)"))
            }
        }
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// What libFuzzer's own `main` would call; this program has another.
@_cdecl("LLVMFuzzerTestOneInput")
public func unusedInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 { 0 }
