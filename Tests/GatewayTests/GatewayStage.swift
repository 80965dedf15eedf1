import Engine
import Entities
import Foundation
import Logging
import Node
import ServiceLifecycle
import Shards

@testable import Gateway

/// A gateway on a free port, for as long as a test runs.
enum GatewayStage {
    static func run(
        _ backend: any GatewayBackend, change: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration(address: "127.0.0.1:0")
        configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        change(&configuration)
        let gateway = try Gateway(backend: backend, configuration: configuration)
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [gateway], logger: configuration.logger))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            do {
                try await body(await gateway.waitUntilListening() ?? "")
            } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await group.next()
        }
    }

    /// A node of its own with counters and notes, and its gateway.
    static func runNode(
        change: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let node = try await Node.start(configuration("a", folder))
        do {
            try await node.waitUntilReady()
            _ = try await node.entities(Counter.self, shards: 4)
            _ = try await node.entities(Note.self, shards: 2)
            try await run(node, change: change, body)
        } catch {
            await node.stop()
            throw error
        }
        await node.stop()
    }

    static func configuration(_ name: String, _ folder: String, seeds: [String] = []) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: "\(folder)/\(name)")
        configuration.listenAddress = "127.0.0.1:0"
        configuration.name = name
        configuration.seeds = seeds
        configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return configuration
    }
}

/// A kind as an application writes one; the gateway has never heard of it.
struct Note: Entity, Equatable {
    static let kind = "note"
    static let commands: Commands<Self> = ["write": Write.self, "clear": Clear.self, "break": Break.self]

    var text = ""
    var writes = 0

    enum Event: Codable, Sendable {
        case written(String)
        case cleared
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .written(let new): (text, writes) = (new, writes + 1)
        case .cleared: text = ""
        }
    }

    struct Write: Command {
        var text: String
        func decide(_ note: Note) -> Decision<Event, Int> { Decision(.written(text), reply: text.count) }
    }

    struct Clear: Command {
        func decide(_ note: Note) -> Decision<Event, Bool> { Decision(.cleared, reply: true) }
    }

    /// Makes a reply that no JSON can carry.
    struct Break: Command {
        func decide(_ note: Note) -> Decision<Event, Double> { Decision(.cleared, reply: .nan) }
    }
}

/// A node that answers what it is told to.
final class ScriptedBackend: GatewayBackend {
    let answer: @Sendable (Request) async -> Response
    let reasons: [String]

    init(reasons: [String] = [], _ answer: @escaping @Sendable (Request) async -> Response) {
        self.answer = answer
        self.reasons = reasons
    }

    func perform(_ request: Request, timeout: Duration) async -> Response { await answer(request) }
    func perform(together requests: [(request: Request, completion: @Sendable (Response) -> Void)], timeout: Duration) {
        for (request, completion) in requests { Task { completion(await answer(request)) } }
    }
    func entities<E: Entity>(_ kind: E.Type, shards: Int) async throws(Failure) -> EntityCollection<E> {
        throw Failure(.unavailable, "there are no entities here")
    }
    func obstacles() async -> [String] { reasons }
    func runningKinds() async -> [KindRuntime] { [KindRuntime(Counter.self)] }
    func measurements() async -> NodeMeasurements? { nil }
    func watch(_ entity: WatchedEntity, _ body: @escaping @Sendable () -> Void) async -> @Sendable () -> Void { {} }
}
