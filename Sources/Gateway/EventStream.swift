internal import Engine
internal import HTTPTypes
internal import JSON
internal import Primitives

/// An entity's events as server-sent events (WHATWG HTML, §9.2), those that are there first, then as they happen.
///
/// An event's id is its revision, so `Last-Event-ID` resumes after any of them without loss. New events are told by the node's own
/// replica; once a second they are looked for in any case, which is how those of shards without a replica here come.
struct EventStream: Sendable {
    let endpoints: Endpoints
    let kind: String
    let id: [UInt8]
    let first: EventPage
    let after: UInt64

    static let fields: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", .init("X-Accel-Buffering")!: "no",
    ]
    private static let pageLimit: UInt32 = 256
    /// A client that lost its connection comes back after this long.
    private static let retryMilliseconds = 1_000

    /// Writes until the client is gone or the gateway shuts down.
    func write(_ write: (_ bytes: [UInt8]) async throws -> Void, wakes: AsyncStream<StreamTable.Wake>, key: UInt64) async throws {
        let table = endpoints.streams
        let end = await endpoints.backend.watch(WatchedEntity(kind: kind, entity: id)) { table.wake(key, .changed) }
        defer { end() }
        var position = Position(revision: after, from: .zero)
        try await write(Array("retry: \(Self.retryMilliseconds)\n\n".utf8))
        try await send(first, &position, write)
        try await catchUp(&position, write)
        var quietSeconds = 0
        for await wake in wakes {
            if try await catchUp(&position, write) || wake == .changed { quietSeconds = 0 } else { quietSeconds += 1 }
            guard quietSeconds >= endpoints.configuration.heartbeatSeconds else { continue }
            quietSeconds = 0
            try await write(Array(":\n\n".utf8))
        }
    }

    private struct Position {
        var revision: UInt64
        var from: LogIndex
    }

    /// Sends what there is; true if there was anything. What cannot be read now is tried again at the next occasion.
    @discardableResult
    private func catchUp(
        _ position: inout Position, _ write: (_ bytes: [UInt8]) async throws -> Void
    ) async throws -> Bool {
        var hasSent = false
        while let page = await next(position) {
            hasSent = hasSent || !page.events.isEmpty
            try await send(page, &position, write)
            if page.isLast || page.events.isEmpty { break }
        }
        return hasSent
    }

    private func next(_ position: Position) async -> EventPage? {
        try? await endpoints.page(
            kind, id, after: position.revision, from: position.from, limit: Self.pageLimit, .local)
    }

    private func send(
        _ page: EventPage, _ position: inout Position, _ write: (_ bytes: [UInt8]) async throws -> Void
    ) async throws {
        var text: [UInt8] = []
        for event in page.events where event.revision > position.revision {
            text += Array("id: \(event.revision)\ndata: ".utf8)
            // One line: the journal's JSON is compact, and control characters in its strings are escaped.
            text += (try? JSON.encode(EventDocument(event))) ?? []
            text += [0x0A, 0x0A]
            position.revision = event.revision
            position.from = event.index
        }
        if page.isLast { position.from = max(position.from, page.through) }
        if !text.isEmpty { try await write(text) }
    }
}
