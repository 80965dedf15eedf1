/// A rule of `Entity` or `Command` that an entity breaks: it would go wrong in production, where the tester found it.
public struct EntityFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which rule.
    public var rule: Rule
    /// What was done and what came of it.
    public var detail: String

    init(_ rule: Rule, _ detail: String) {
        self.rule = rule
        self.detail = detail
    }

    /// The rule in words, and the detail.
    public var description: String { "\(rule.text): \(detail)" }

    /// A rule by its stable name. More may come with later versions.
    public struct Rule: RawRepresentable, Hashable, Sendable {
        /// The stable name.
        public var rawValue: String
        let text: String

        /// A rule without words of its own; the known ones are static members.
        public init(rawValue: String) { self.init(rawValue, rawValue) }

        private init(_ rawValue: String, _ text: String) {
            self.rawValue = rawValue
            self.text = text
        }

        /// Names are what equals.
        public static func == (left: Rule, right: Rule) -> Bool { left.rawValue == right.rawValue }
        /// Names are what equals.
        public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

        /// The message is not among the entity's `commands` or `queries`, so nobody could send it.
        public static let listed = Rule("listed", "a command or query must be listed by its entity")
        /// What is written as JSON must be read back as the same, within the limits of size.
        public static let coding = Rule("coding", "what is stored and sent must come back the same")
        /// A decision or an answer must follow from the state and the message alone.
        public static let determinism = Rule("determinism", "the same state and message must give the same")
        /// A decision or an answer must leave the entity as it is.
        public static let purity = Rule("purity", "only apply may change an entity, and only its own copy")
        /// Applying the same events must give the same state.
        public static let replay = Rule("replay", "the same events must give the same state")
    }
}
