internal import Foundation
internal import Processes

/// The path of a program of the package whose tests run: an executable product that the test target depends on.
/// - Throws: if there is none beside the tests.
public func builtProgram(_ name: String) throws -> String {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
    let folder = ((bundle ?? ownExecutable()) as NSString).deletingLastPathComponent
    let path = folder + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
        throw ProgramNotBuilt(description: "there is no program \(path): name an executable product, and have the test target depend on it")
    }
    return path
}

/// No program of that name is beside the tests.
struct ProgramNotBuilt: Error, CustomStringConvertible { var description: String }
