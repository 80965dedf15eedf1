import Foundation

/// What standard output is, if it is a terminal.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal; 80 if it does not say.
    static var columns: Int {
        for file in [STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO] {
            var size = winsize()
            if ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        }
        return 80
    }

    /// Colour on a terminal only, and not where `NO_COLOR` is set to anything (https://no-color.org) or the terminal is dumb.
    static func hasColor(
        isTerminal: Bool = isOutput, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }
}

/// How a text stands out on a terminal that has colour.
enum TextStyle: String {
    case bold = "1"
    case red = "31"
    case green = "32"
    case yellow = "33"

    func applied(to text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
