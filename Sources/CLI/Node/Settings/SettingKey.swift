import Consensus
import Directory
import Engine
import Gateway
import Node
import Primitives

/// The settings of a node: a key in the configuration file, a variable in the environment, and for most an option of the command line.
enum SettingKey: String, CaseIterable, Hashable, Sendable {
    case data, listen, advertise, http
    case httpTokens = "http-tokens"
    case httpRequestsMax = "http-requests-max"
    case insecure
    case tlsCA = "tls-ca"
    case tlsCertificate = "tls-certificate"
    case tlsKey = "tls-key"
    case seeds, found, name, shards, retain
    case logLevel = "log-level"
    case joinTimeoutSeconds = "join-timeout-seconds"
    case handOverTimeoutSeconds = "hand-over-timeout-seconds"
    case heartbeatIntervalMilliseconds = "heartbeat-interval-milliseconds"
    case electionTimeoutMilliseconds = "election-timeout-milliseconds"
    case downAfterSeconds = "down-after-seconds"
    case replaceAfterSeconds = "replace-after-seconds"
    case checkpointEntries = "checkpoint-entries"

    static let variablePrefix = "HOLDFAST_"

    /// `HOLDFAST_LOG_LEVEL`.
    var variable: String { Self.variablePrefix + rawValue.uppercased().replacing("-", with: "_") }

    /// The option of the command line that says the same.
    var option: String { self == .seeds ? "--seed" : "--" + rawValue }

    enum Form: Hashable, Sendable {
        case text, flag, number, list
    }

    var form: Form {
        switch self {
        case .data, .listen, .advertise, .http, .httpTokens, .tlsCA, .tlsCertificate, .tlsKey, .name, .logLevel: .text
        case .insecure, .found: .flag
        case .seeds: .list
        case .httpRequestsMax, .shards, .joinTimeoutSeconds, .handOverTimeoutSeconds, .heartbeatIntervalMilliseconds, .electionTimeoutMilliseconds,
            .downAfterSeconds, .replaceAfterSeconds, .checkpointEntries, .retain:
            .number
        }
    }

    /// What is so where nobody says anything; nil: nothing.
    var defaultText: String? {
        let usual = NodeConfiguration(dataDirectory: "")
        return switch self {
        case .listen: usual.listenAddress
        case .httpRequestsMax: "\(GatewayConfiguration(address: "").requestsMax)"
        case .insecure, .found: "false"
        case .shards: "what the cluster has, or \(NodeRun.shardsByDefault)"
        case .logLevel: "info"
        case .joinTimeoutSeconds: "\(usual.joinTimeout.components.seconds)"
        case .handOverTimeoutSeconds: "\(usual.handOverTimeout.components.seconds)"
        case .heartbeatIntervalMilliseconds: "\(usual.engine.raft.heartbeatInterval.nanoseconds / 1_000_000)"
        case .electionTimeoutMilliseconds: "\(usual.engine.raft.electionTimeout.nanoseconds / 1_000_000)"
        case .downAfterSeconds: "\(usual.engine.plan.downAfter.nanoseconds / 1_000_000_000)"
        case .replaceAfterSeconds: "\(usual.engine.plan.replaceAfter.nanoseconds / 1_000_000_000)"
        case .checkpointEntries: "\(usual.engine.checkpointEntries)"
        case .data, .advertise, .http, .httpTokens, .tlsCA, .tlsCertificate, .tlsKey, .seeds, .name, .retain: nil
        }
    }
}

extension SettingKey.Form: CustomStringConvertible {
    /// After “must be”.
    var description: String {
        switch self {
        case .text: "text"
        case .flag: "true or false"
        case .number: "a whole number"
        case .list: "a list of texts"
        }
    }
}
