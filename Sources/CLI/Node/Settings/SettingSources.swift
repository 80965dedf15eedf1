import Configuration
import Logging
import Synchronization

/// Where a node's settings come from: the command line over the environment over a file over the defaults.
struct SettingSources {
    var flags: [SettingKey: ConfigValue]
    var environment: [String: String]
    /// The configuration file.
    var file: String?

    /// - Throws: for a file that cannot be used, and values of the wrong form, each with where it stands.
    func resolve() async throws(CommandFailure) -> ResolvedSettings {
        let values = flags.map { (AbsoluteConfigKey([$0.key.rawValue]), $0.value) }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "command line", values: Dictionary(uniqueKeysWithValues: values)),
            // A variable without a value says nothing.
            EnvironmentVariablesProvider(environmentVariables: environment.filter { !$0.value.isEmpty }).prefixKeys(with: "holdfast"),
        ]
        if let file { providers.append(try await ConfigurationFile(path: file).provider()) }
        let record = Record()
        let reader = ConfigReader(providers: providers, accessReporter: record)
        var settings = NodeSettings(reader)
        let level = reader.string(forKey: ConfigKey([SettingKey.logLevel.rawValue]))
        var resolved = ResolvedSettings(settings: settings, strayVariables: strayVariables)
        let (places, problem) = record.state.withLock { ($0.places, $0.problem) }
        if let problem { throw .usage("\(place(problem.place, problem.key)) must be \(problem.key.form)") }
        for (key, number) in places { resolved.sources[key] = source(number, key) }
        if let level {
            guard let known = Logger.Level(rawValue: level) else {
                throw .usage(
                    "\(place(places[.logLevel] ?? 0, .logLevel)) is “\(level)”; it must be \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            settings.logLevel = known
        }
        resolved.settings = settings
        return resolved
    }

    private func source(_ number: Int, _ key: SettingKey) -> String {
        switch number {
        case 0: key.option
        case 1: key.variable
        default: file ?? ""
        }
    }

    private func place(_ number: Int, _ key: SettingKey) -> String {
        number < 2 ? source(number, key) : "`\(key.rawValue)` in the configuration file \(file ?? "")"
    }

    /// Variables that look like settings and are none, with what may have been meant. Others with our prefix belong to scripts.
    private var strayVariables: [(variable: String, nearest: String)] {
        let prefix = SettingKey.variablePrefix
        let known = Set(SettingKey.allCases.map(\.variable) + ["HOLDFAST_CONFIG", "HOLDFAST_CONNECT"])
        return environment.keys.sorted().filter { $0.hasPrefix(prefix) && !known.contains($0) }.compactMap { variable in
            let names = known.sorted().map { String($0.dropFirst(prefix.count)) }
            return NearestName.of(String(variable.dropFirst(prefix.count)), among: names).map { (variable, prefix + $0) }
        }
    }

    /// Keeps which source a value was taken from, and the first that could not be taken.
    private final class Record: AccessReporter {
        struct State {
            var places: [SettingKey: Int] = [:]
            var problem: (key: SettingKey, place: Int)?
        }
        let state = Mutex(State())

        func report(_ event: AccessEvent) {
            guard let key = SettingKey(rawValue: event.metadata.key.components.joined(separator: ".")) else { return }
            for (place, result) in event.providerResults.enumerated() {
                switch result.result {
                case .success(let found) where found.value == nil: continue
                case .success: state.withLock { $0.places[key] = place }
                case .failure: state.withLock { $0.problem = $0.problem ?? (key, place) }
                }
                return
            }
        }
    }
}

/// Settings, and where each comes from.
struct ResolvedSettings {
    var settings: NodeSettings
    var sources: [SettingKey: String] = [:]
    var strayVariables: [(variable: String, nearest: String)]

    /// What `--print-config` shows.
    func print(isJSON: Bool) {
        var table = TextTable(("SETTING", .left), ("VALUE", .left), ("SOURCE", .left))
        for key in SettingKey.allCases {
            let text = settings.text(key).map(Self.shown)
            let source = sources[key] ?? "default"
            if isJSON {
                StandardOutput.json(Line(setting: key.rawValue, value: text ?? key.defaultText, source: source))
            } else {
                table.add(key.rawValue, text ?? key.defaultText ?? "-", source)
            }
        }
        if !isJSON { table.print() }
    }

    private struct Line: Encodable {
        var setting: String
        var value: String?
        var source: String
    }

    /// Settings name files and hold no secret; one that was put there all the same is not shown.
    static func shown(_ text: String) -> String { NodeSettings.isSecret(text) ? "(hidden)" : text }
}
