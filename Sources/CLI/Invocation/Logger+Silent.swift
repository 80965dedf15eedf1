import Logging

extension Logger {
    /// For a client on the command line: what goes wrong is in the error that ends the command.
    static let silent = Logger(label: "holdfast.client", factory: { _ in SwiftLogNoOpLogHandler() })
}
