import Configuration
import Foundation
import JSON
import Yams

/// A configuration file, in YAML if its name ends so, else in JSON: a flat mapping of settings.
struct ConfigurationFile {
    var path: String

    private var isYAML: Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

    /// - Throws: for a file that cannot be read, is not of its form, or has keys that are no settings.
    func provider() async throws(CommandFailure) -> any ConfigProvider {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .usage("the configuration file \(path) cannot be read: is it there, and may you read it?")
        }
        try check(isYAML ? try yaml(bytes) : try json([UInt8](bytes)))
        let place = ConfigReader(provider: InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)]))
        do {
            return isYAML
                ? try await FileProvider<YAMLSnapshot>(config: place) : try await FileProvider<JSONSnapshot>(config: place)
        } catch {
            throw unusable("\(error)")
        }
    }

    private func unusable(_ reason: String) -> CommandFailure { .usage("the configuration file \(path) cannot be used: \(reason)") }

    // MARK: Keys

    /// One key at the top of the file.
    private struct Entry {
        var key: String
        /// Whether its value is of a kind that settings have: no mapping, not nothing.
        var isValue: Bool
    }

    private func json(_ bytes: [UInt8]) throws(CommandFailure) -> [Entry] {
        do throws(JSONError) {
            guard let object = try JSONValue.parse(bytes).object else { throw JSONError(.invalidValue, "it must be an object", path: "") }
            return object.keys.map { key in Entry(key: key, isValue: object[key] != .null && object[key]?.object == nil) }
        } catch {
            throw unusable("\(error)")
        }
    }

    private func yaml(_ bytes: Data) throws(CommandFailure) -> [Entry] {
        do {
            guard let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else { return [] }
            guard let mapping = node.mapping else { throw unusable("it must be a mapping of settings") }
            return mapping.map { Entry(key: $0.key.string ?? "", isValue: $0.value.mapping == nil && $0.value.null == nil) }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw unusable("\(error)")
        }
    }

    private func check(_ entries: [Entry]) throws(CommandFailure) {
        let known = SettingKey.allCases.map(\.rawValue)
        var seen: Set<String> = []
        for entry in entries {
            guard let key = SettingKey(rawValue: entry.key) else {
                let guess = NearestName.of(entry.key, among: known).map { "did you mean \($0)? " } ?? ""
                throw unusable("there is no setting `\(entry.key)`; \(guess)there are \(known.joined(separator: ", "))")
            }
            guard seen.insert(entry.key).inserted else { throw unusable("`\(entry.key)` is given twice") }
            guard entry.isValue else { throw unusable("`\(entry.key)` must be \(key.form)") }
        }
    }
}
