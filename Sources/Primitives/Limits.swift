/// Sizes that the formats and the contract fix. Queue and batch limits stand beside their queues.
public enum Limits {
    /// UTF-8 bytes of an entity id.
    public static let entityIDBytes = 1...512
    /// Bytes of one command, query or event, encoded.
    public static let payloadBytesMax = 1 << 20
    /// Bytes of a free-form request key (`Idempotency-Key`, `--request-id`).
    public static let requestKeyBytes = 1...255
    public static let shardsPerKindMax = 4_096
    public static let groupsPerNodeMax = 10_000
    public static let nodesMax = 100
    /// UTF-8 bytes of a kind's, command's or node's name.
    public static let nameBytes = 1...64
}
