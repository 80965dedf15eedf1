import Foundation
import JSON
import Testing

@testable import Gateway

/// Who may do what over HTTP, by the token that a request bears.
@Suite struct AccessTests {
    /// A gateway that asks for tokens, and one of each role.
    private func run(
        _ body: @escaping @Sendable (_ address: String, _ tokens: [AccessRole: String], _ file: String) async throws -> Void
    ) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        var list = AccessTokens()
        var tokens: [AccessRole: String] = [:]
        for role in AccessRole.allCases { tokens[role] = list.create(name: role.rawValue, role: role, created: "2026-01-01T00:00:00Z") }
        try Data(try JSON.encode(list)).write(to: URL(fileURLWithPath: file))
        let made = tokens
        try await GatewayStage.runNode {
            $0.tokensFile = file
        } _: { address in
            try await body(address, made, file)
        }
    }

    @Test func `each role may do what it says, and no more`() async throws {
        try await run { address, tokens, _ in
            let requests: [(method: String, path: String, body: String?, needs: AccessRole?)] = [
                ("GET", "/healthz", nil, nil), ("GET", "/readyz", nil, nil), ("GET", "/", nil, nil),
                ("GET", "/v1/entities/counter/a", nil, .read), ("HEAD", "/v1/entities/counter/a", nil, .read),
                ("GET", "/v1/entities/counter/a/events", nil, .read), ("GET", "/v1/cluster", nil, .read), ("GET", "/metrics", nil, .read),
                ("GET", "/openapi.json", nil, .read), ("POST", "/v1/entities/counter/a/increment", #"{"by": 1}"#, .write),
                ("POST", "/v1/cluster/move", #"{"shard": "counter/0", "node": 1}"#, .operate),
            ]
            for request in requests {
                for role in [nil] + AccessRole.allCases.map(Optional.some) {
                    let fields = role.map { ["Authorization: Bearer \(tokens[$0]!)"] } ?? []
                    let answer = try await HTTPAnswer.to(request.method, request.path, fields, body: request.body, at: address)
                    let what = "\(request.method) \(request.path) as \(role.map(\.rawValue) ?? "nobody"): \(answer)"
                    if let needs = request.needs, role.map({ $0 < needs }) ?? true {
                        #expect(answer.status == (role == nil ? 401 : 403), "\(what)")
                        #expect(
                            answer.fields["www-authenticate"]
                                == (role == nil
                                    ? #"Bearer realm="holdfast""#
                                    : #"Bearer realm="holdfast", error="insufficient_scope", scope="\#(needs.rawValue)""#), "\(what)")
                    } else {
                        #expect([200, 202].contains(answer.status), "\(what)")
                    }
                }
            }
            let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/a", ["Authorization: Bearer \(tokens[.read]!)"], at: address)
            #expect(state.json["state"]?["balance"]?.integer == 2, "what was refused has changed nothing: \(state)")
        }
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Basic YTpi", "hf_0", "Bearer hf_0", "Bearer \(String(repeating: "x", count: 4_000))", "Bearer a b c", "Bearer é",
    ])
    func `what is no known token is 401, and says so`(_ text: String) async throws {
        try await run { address, _, _ in
            let answer = try await HTTPAnswer.to("GET", "/v1/entities/counter/a", ["Authorization: \(text)"], at: address)
            #expect(answer.status == 401 && answer.errorCode == "unauthorized", "\(answer)")
            #expect(answer.fields["www-authenticate"]?.hasPrefix("Bearer realm=") ?? false, "\(answer)")
        }
    }

    @Test func `the scheme is read in any case, and a token not from the address`() async throws {
        try await run { address, tokens, _ in
            let token = tokens[.read]!
            let known = try await HTTPAnswer.to("GET", "/v1/cluster", ["authorization: bearer   \(token)  "], at: address)
            #expect(known.status == 200)
            let inAddress = try await HTTPAnswer.to("GET", "/v1/cluster?access_token=\(token)", at: address)
            #expect(inAddress.status == 401)
            let other = try await HTTPAnswer.to("GET", "/v1/cluster", ["Authorization: Bearer \(token.uppercased())"], at: address)
            #expect(other.status == 401)
        }
    }

    @Test func `a token that was revoked is refused, and nonsense in the file changes nothing`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }
        var tokens = AccessTokens()
        let made = tokens.create(name: "a", role: .write, created: "")
        let token = try #require(made)
        let again = tokens.create(name: "a", role: .read, created: "")
        #expect(again == nil)
        try write(try JSON.encode(tokens))
        let list = try AccessList(file: file, logger: GatewayConfiguration(address: "").logger)
        func isAdmitted() -> Bool { (try? list.admit("Bearer \(token)", for: .write)) != nil }
        #expect(isAdmitted())
        for nonsense in ["", "[]", #"{"tokens": [{"name": "a", "role": "read", "sha256": "00", "created": ""}]}"#] {
            try write(Array(nonsense.utf8))
            list.reload()
            #expect(isAdmitted())
        }
        let revoked = [tokens.revoke(name: "a"), tokens.revoke(name: "a")]
        #expect(revoked == [true, false])
        try write(try JSON.encode(tokens))
        list.reload()
        #expect(!isAdmitted())
    }

    @Test func `a file keeps no token, and one that cannot be used is named`() throws {
        var tokens = AccessTokens()
        let made = tokens.create(name: "a", role: .read, created: "")
        let token = try #require(made)
        #expect(token.utf8.count == 67 && token.hasPrefix("hf_"))
        let text = String(decoding: try JSON.encode(tokens), as: UTF8.self)
        #expect(!text.contains(token.dropFirst(3)))
        #expect(throws: AccessFileError.self) { try AccessList(file: "/nowhere/tokens.json", logger: GatewayConfiguration(address: "").logger) }
        let hash = String(repeating: "0", count: 64)
        for json in [
            "7", #"{"tokens": [{"name": "a", "role": "root", "sha256": "\#(hash)", "created": ""}]}"#,
            #"{"tokens": [{"name": "a", "role": "read", "sha256": "\#(hash.dropLast())g", "created": ""}]}"#,
            #"{"tokens": [{"name": "a", "role": "read", "sha256": "\#(hash)", "created": ""}, {"name": "a", "role": "read", "sha256": "\#(hash)", "created": ""}]}"#,
        ] {
            #expect(throws: JSONError.self, "\(json)") { try AccessTokens(json: Array(json.utf8)) }
        }
    }
}
