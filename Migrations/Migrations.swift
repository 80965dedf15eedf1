/// The journal's schema, in steps that are applied in order, each in one transaction, and never changed once shipped.
public enum Migrations {
    public struct Step: Sendable {
        /// 1, 2, 3 …; SQLite's `user_version` after it.
        public let version: Int
        public let name: String
        public let sql: String
    }

    public static let all: [Step] = [
        Step(version: 1, name: "journal", sql: text(PackageResources.V0001_journal_sql)),
        Step(version: 2, name: "promises", sql: text(PackageResources.V0002_promises_sql)),
        Step(version: 3, name: "starts", sql: text(PackageResources.V0003_starts_sql)),
    ]

    /// The newest version that this binary knows.
    public static var newest: Int { all.count }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
