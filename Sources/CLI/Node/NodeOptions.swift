import ArgumentParser
import Configuration
import Foundation
import Logging

/// The options of `node`. What stands on the command line wins over the environment, and that over the configuration file.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the node's journal; made if it is not there.", valueName: "dir"), completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one. Default: 127.0.0.1:7400.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Where other nodes reach this one, if not at --listen.", valueName: "host:port"))
    var advertise: String?

    @Option(
        help: ArgumentHelp(
            "Where to serve HTTP, as in 127.0.0.1:7480; port 0 takes a free one. Without it, no HTTP.", valueName: "host:port"))
    var http: String?

    @Flag(help: "Listen beyond loopback without TLS, and serve HTTP there without TLS or tokens.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "The tokens that HTTP asks for, as `holdfast token create` makes them. Without it, whoever reaches HTTP may do everything.",
            valueName: "file"))
    var httpTokens: String?

    @OptionGroup var tls: TLSOptions

    @Option(help: ArgumentHelp("A node of the cluster to join. May be given several times.", valueName: "host:port"))
    var seed: [String] = []

    @Flag(
        help: ArgumentHelp(
            "For a cluster that begins by itself: the node that the first --seed names founds it, once all other seeds run on empty folders too.",
            discussion: "Given to every node alike. A node that lost its folder then joins, and never founds a second cluster."))
    var found = false

    @Option(help: ArgumentHelp("A name for people; the cluster makes one up otherwise.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Shards of each kind, 1 to 4096. Default: 10, or what the cluster has. Fixed once a kind is registered.",
            valueName: "n"))
    var shards: Int?

    @Option(
        help: ArgumentHelp(
            "Keep only so many entries of each shard behind its newest checkpoint. Default: the whole history.", valueName: "entries"))
    var retain: Int?

    @Option(
        help: ArgumentHelp(
            "Settings in JSON or YAML (by the file's name), with the names of these options as keys. Else HOLDFAST_CONFIG.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical. Default: info.", valueName: "level"),
        transform: Self.parseLevel)
    var logLevel: Logger.Level?

    static func parseLevel(_ text: String) throws -> Logger.Level {
        if let level = Logger.Level(rawValue: text) { return level }
        throw ValidationError("it must be \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    @Flag(help: "Show every setting with its value and where it comes from, and end.")
    var printConfig = false

    /// The command line over the environment over the file over the defaults.
    func resolve(environment: [String: String] = ProcessInfo.processInfo.environment) async throws(CommandFailure) -> ResolvedSettings {
        let named = environment["HOLDFAST_CONFIG"] ?? ""
        return try await SettingSources(flags: flags, environment: environment, file: config ?? (named.isEmpty ? nil : named)).resolve()
    }

    private var flags: [SettingKey: ConfigValue] {
        var flags: [SettingKey: ConfigValue] = [:]
        func set(_ key: SettingKey, _ content: ConfigContent?) {
            if let content { flags[key] = ConfigValue(content, isSecret: false) }
        }
        set(.data, data.map(ConfigContent.string))
        set(.listen, listen.map(ConfigContent.string))
        set(.advertise, advertise.map(ConfigContent.string))
        set(.http, http.map(ConfigContent.string))
        set(.httpTokens, httpTokens.map(ConfigContent.string))
        set(.insecure, insecure ? .bool(true) : nil)
        set(.tlsCA, tls.tlsCa.map(ConfigContent.string))
        set(.tlsCertificate, tls.tlsCertificate.map(ConfigContent.string))
        set(.tlsKey, tls.tlsKey.map(ConfigContent.string))
        set(.seeds, seed.isEmpty ? nil : .stringArray(seed))
        set(.found, found ? .bool(true) : nil)
        set(.retain, retain.map(ConfigContent.int))
        set(.name, name.map(ConfigContent.string))
        set(.shards, shards.map(ConfigContent.int))
        set(.logLevel, logLevel.map { .string($0.rawValue) })
        return flags
    }
}
