import Configuration
import Consensus
import Directory
import Engine
import Foundation
import Logging
import Node
import Primitives

/// How `holdfast node` runs: what `SettingSources` has found.
///
/// ```json
/// {"data": "data/1", "listen": "10.0.0.1:7400", "advertise": "db1:7400", "http": "127.0.0.1:7480",
///  "seeds": ["db2:7400", "db3:7400"],  "election-timeout-milliseconds": 600}
/// ```
struct NodeSettings: Hashable {
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
    var httpRequestsMax: Int?
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

    init() {}

    /// Reads what has the right form; what has not is for the reader's reporter to tell. The log level is left to the caller.
    init(_ reader: ConfigReader) {
        func key(_ setting: SettingKey) -> ConfigKey { ConfigKey([setting.rawValue]) }
        func text(_ setting: SettingKey) -> String? { reader.string(forKey: key(setting)) }
        func number(_ setting: SettingKey) -> Int? { reader.int(forKey: key(setting)) }
        data = text(.data)
        listen = text(.listen)
        advertise = text(.advertise)
        http = text(.http)
        httpTokens = text(.httpTokens)
        httpRequestsMax = number(.httpRequestsMax)
        insecure = reader.bool(forKey: key(.insecure))
        tlsCA = text(.tlsCA)
        tlsCertificate = text(.tlsCertificate)
        tlsKey = text(.tlsKey)
        found = reader.bool(forKey: key(.found))
        retain = number(.retain)
        seeds = reader.stringArray(forKey: key(.seeds))
        name = text(.name)
        shards = number(.shards)
        joinTimeoutSeconds = number(.joinTimeoutSeconds).map(Int64.init)
        handOverTimeoutSeconds = number(.handOverTimeoutSeconds).map(Int64.init)
        heartbeatIntervalMilliseconds = number(.heartbeatIntervalMilliseconds).map(Int64.init)
        electionTimeoutMilliseconds = number(.electionTimeoutMilliseconds).map(Int64.init)
        downAfterSeconds = number(.downAfterSeconds).map(Int64.init)
        replaceAfterSeconds = number(.replaceAfterSeconds).map(Int64.init)
        checkpointEntries = number(.checkpointEntries)
    }

    /// The setting as it would be written in the environment; nil: not set.
    func text(_ key: SettingKey) -> String? {
        switch key {
        case .data: data
        case .listen: listen
        case .advertise: advertise
        case .http: http
        case .httpTokens: httpTokens
        case .httpRequestsMax: httpRequestsMax.map { "\($0)" }
        case .insecure: insecure.map { "\($0)" }
        case .tlsCA: tlsCA
        case .tlsCertificate: tlsCertificate
        case .tlsKey: tlsKey
        case .seeds: seeds?.joined(separator: ",")
        case .found: found.map { "\($0)" }
        case .retain: retain.map { "\($0)" }
        case .name: name
        case .shards: shards.map { "\($0)" }
        case .logLevel: logLevel?.rawValue
        case .checkpointEntries: checkpointEntries.map { "\($0)" }
        default: times.first { $0.0 == key }?.1.map { "\($0)" }
        }
    }

    /// Whether a text is itself a key or a token, and not the name of a file that holds one.
    static func isSecret(_ text: String) -> Bool { text.contains("-----BEGIN") || text.hasPrefix("hf_") || text.contains("\n") }

    static let listenByDefault = "127.0.0.1:7400"

    func check() throws(CommandFailure) {
        guard let data, !data.isEmpty else {
            throw .usage("--data is missing: name the folder of the node's journal, as in --data data/1")
        }
        for key in [SettingKey.tlsCA, .tlsCertificate, .tlsKey, .httpTokens] {
            guard let text = text(key), Self.isSecret(text) else { continue }
            throw .usage("\(key.rawValue) is the path of a file, not what the file holds; what was given there looks like a secret and is not shown")
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
        if let httpRequestsMax, !(1...1 << 20).contains(httpRequestsMax) {
            throw .usage("http-requests-max is \(httpRequestsMax); it must be from 1 to \(1 << 20)")
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

    private var times: [(SettingKey, Int64?)] {
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
