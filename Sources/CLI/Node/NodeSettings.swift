import Consensus
import Directory
import Engine
import Foundation
import JSON
import Logging
import Node
import Primitives

/// How `holdfast node` runs. Also the form of its configuration file:
///
/// ```json
/// {"data": "data/1", "listen": "0.0.0.0:7400", "advertise": "db1:7400", "http": "127.0.0.1:7480",
///  "seeds": ["db2:7400", "db3:7400"],  "election-timeout-milliseconds": 600}
/// ```
struct NodeSettings: Codable, Hashable {
    var data: String?
    var listen: String?
    var advertise: String?
    var http: String?
    /// Whether the node may be reached beyond loopback without TLS, and HTTP without TLS or tokens.
    var insecure: Bool?
    var seeds: [String]?
    var tlsCA: String?
    var tlsCertificate: String?
    var tlsKey: String?
    var httpTokens: String?
    /// Whether the first of the seeds founds the cluster when all of them are blank.
    var found: Bool?
    var name: String?
    /// Nil: what the cluster has, or 10.
    var shards: Int?
    var logLevel: Logger.Level?
    var joinTimeoutSeconds: Int64?
    var handOverTimeoutSeconds: Int64?
    var heartbeatIntervalMilliseconds: Int64?
    var electionTimeoutMilliseconds: Int64?
    var downAfterSeconds: Int64?
    var replaceAfterSeconds: Int64?
    /// A shard's entity states are written after so many entries.
    var checkpointEntries: Int?
    /// Entries that each shard keeps behind its newest checkpoint; nil keeps them all.
    var retain: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case data, listen, advertise, http, insecure, seeds, found, name, shards, retain
        case tlsCA = "tls-ca"
        case tlsCertificate = "tls-certificate"
        case tlsKey = "tls-key"
        case httpTokens = "http-tokens"
        case logLevel = "log-level"
        case joinTimeoutSeconds = "join-timeout-seconds"
        case handOverTimeoutSeconds = "hand-over-timeout-seconds"
        case heartbeatIntervalMilliseconds = "heartbeat-interval-milliseconds"
        case electionTimeoutMilliseconds = "election-timeout-milliseconds"
        case downAfterSeconds = "down-after-seconds"
        case replaceAfterSeconds = "replace-after-seconds"
        case checkpointEntries = "checkpoint-entries"
    }

    init() {}

    /// - Throws: for what is no JSON, for keys that do not exist and for values that make no sense, with their place.
    init(file path: String) throws(CommandFailure) {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .usage("the configuration file \(path) cannot be read: is it there, and may you read it?")
        }
        do throws(JSONError) {
            try self.init(json: [UInt8](bytes))
        } catch {
            throw .usage("the configuration file \(path) cannot be used: \(error)")
        }
    }

    init(json: [UInt8]) throws(JSONError) {
        self = try JSON.decode(NodeSettings.self, from: json)
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in try JSONValue.parse(json).object?.keys ?? [] where !known.contains(key) {
            let guess = NearestName.of(key, among: known).map { "did you mean \($0)? " } ?? ""
            throw JSONError(.invalidValue, "there is no such setting; \(guess)there are \(known.joined(separator: ", "))", path: key)
        }
    }

    static let listenByDefault = "127.0.0.1:7400"

    func check() throws(CommandFailure) {
        guard let data, !data.isEmpty else {
            throw .usage("--data is missing: name the folder of the node's journal, as in --data data/1")
        }
        let isSecured = try tls() != nil && httpTokens != nil
        if let http, !(insecure ?? false), !isSecured, !Self.isLoopback(http) {
            throw .usage(
                "--http \(http) is beyond loopback, where whoever reaches it could read and change everything: give certificates "
                    + "(--tls-ca, --tls-certificate, --tls-key) and tokens (--http-tokens), or say --insecure on a network that you trust as a whole")
        }
        if let shards, !(1...Limits.shardsPerKindMax).contains(shards) {
            throw .usage("--shards is \(shards); a kind has 1 to \(Limits.shardsPerKindMax) shards")
        }
        if let checkpointEntries, !(1...1 << 30).contains(checkpointEntries) {
            throw .usage("checkpoint-entries is \(checkpointEntries); it must be from 1 to \(1 << 30)")
        }
        if let retain, !(0...1 << 40).contains(retain) {
            throw .usage("--retain is \(retain); it must be from 0 to \(1 << 40), or left out to keep all entries")
        }
        for (key, value) in times {
            guard let value, !(1...Self.longestTime).contains(value) else { continue }
            throw .usage("\(key.rawValue) is \(value); it must be from 1 to \(Self.longestTime)")
        }
        if let heartbeatIntervalMilliseconds, heartbeatIntervalMilliseconds * 2 > electionTimeoutMilliseconds ?? 600 {
            throw .usage(
                "heartbeat-interval-milliseconds must be at most half of election-timeout-milliseconds, or every pause is an election")
        }
    }

    /// What is no address at all is told by the gateway, with its reason.
    private static func isLoopback(_ address: String) -> Bool {
        guard let colon = address.lastIndex(of: ":") else { return true }
        let host = address[..<colon].lowercased()
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    func tls() throws(CommandFailure) -> TLSFiles? { try TLSFiles(tlsCA, tlsCertificate, tlsKey) }

    /// Far beyond any use, and far from overflow in nanoseconds.
    private static let longestTime: Int64 = 86_400_000

    private var times: [(CodingKeys, Int64?)] {
        [
            (.joinTimeoutSeconds, joinTimeoutSeconds), (.handOverTimeoutSeconds, handOverTimeoutSeconds),
            (.heartbeatIntervalMilliseconds, heartbeatIntervalMilliseconds),
            (.electionTimeoutMilliseconds, electionTimeoutMilliseconds), (.downAfterSeconds, downAfterSeconds),
            (.replaceAfterSeconds, replaceAfterSeconds),
        ]
    }

    /// - Precondition: `check` has passed.
    func configuration(logger: Logger) throws(CommandFailure) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: data!)
        configuration.logger = logger
        if let listen { configuration.listenAddress = listen }
        configuration.advertisedAddress = advertise
        configuration.seeds = seeds ?? []
        configuration.tls = try tls()
        configuration.isInsecureAllowed = insecure ?? false
        configuration.foundsAsFirstSeed = found ?? false
        configuration.name = name ?? ""
        if let joinTimeoutSeconds { configuration.joinTimeout = .seconds(joinTimeoutSeconds) }
        if let handOverTimeoutSeconds { configuration.handOverTimeout = .seconds(handOverTimeoutSeconds) }
        if let heartbeatIntervalMilliseconds {
            configuration.engine.raft.heartbeatInterval = .milliseconds(heartbeatIntervalMilliseconds)
        }
        if let electionTimeoutMilliseconds {
            configuration.engine.raft.electionTimeout = .milliseconds(electionTimeoutMilliseconds)
        }
        if let downAfterSeconds { configuration.engine.plan.downAfter = .seconds(downAfterSeconds) }
        if let replaceAfterSeconds { configuration.engine.plan.replaceAfter = .seconds(replaceAfterSeconds) }
        if let checkpointEntries { configuration.engine.checkpointEntries = checkpointEntries }
        configuration.engine.retainedEntries = retain
        return configuration
    }
}
