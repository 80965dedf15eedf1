import Foundation
import Logging

/// Logs to standard error, one event a line:
/// `2026-03-01T12:00:00.123Z INFO  The journal is open. groups=11 path=data/1/journal.db`
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()
    var metadataProvider: Logger.MetadataProvider?

    init(label: String) {}

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provider = metadataProvider { all.merge(provider.get()) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        StandardError.line(Self.line(Date(), event.level, "\(event.message)", all))
    }

    static func line(_ time: Date, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let stamp = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let name = level.rawValue.uppercased()
        let padded = name.padding(toLength: max(7, name.count), withPad: " ", startingAt: 0)
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
        return "\(stamp) \(padded) \(escaped(message))\(pairs)"
    }

    /// A value with blanks in it stands in quotes, so that lines can be taken apart again.
    private static func quoted(_ value: String) -> String {
        let text = escaped(value)
        guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" }) else { return text }
        return "\"" + text.replacing("\"", with: "\\\"") + "\""
    }

    /// What comes from outside must not break lines or move the cursor.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || scalar.value == 0x7F {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
