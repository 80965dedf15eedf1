internal import Entities
internal import JSON

/// The commands and queries of a kind by stable name, to be decided and answered as they arrived.
struct MessageTable<E: Entity>: Sendable {
    private let commands: [String: any Command<E>.Type]
    private let queries: [String: any Query<E>.Type]

    init() {
        commands = Dictionary(uniqueKeysWithValues: E.commands.listed.map { ($0.name, $0.type) })
        queries = Dictionary(uniqueKeysWithValues: E.queries.listed.map { ($0.name, $0.type) })
    }

    func rule(_ message: EncodedMessage, on state: E, _ coding: EntityCoding<E>) throws(EntityFlaw) -> Ruling {
        guard let type = commands[message.name] else { throw EntityFlaw(.listed, "\(E.kind) has no command “\(message.name)”") }
        return try rule(type, message, on: state, coding)
    }

    /// A message without a name asks for the whole state.
    func answer(_ message: EncodedMessage, by state: E, _ coding: EntityCoding<E>) throws(EntityFlaw) -> [UInt8] {
        guard !message.name.isEmpty else { return try coding.encode(state) }
        guard let type = queries[message.name] else { throw EntityFlaw(.listed, "\(E.kind) has no query “\(message.name)”") }
        return try answer(type, message, by: state, coding)
    }

    private func rule<C: Command<E>>(
        _: C.Type, _ message: EncodedMessage, on state: E, _ coding: EntityCoding<E>
    ) throws(EntityFlaw) -> Ruling {
        try coding.rule(try coding.read(message.payload, JSONCoder<C>(), message.name), on: state)
    }

    private func answer<Q: Query<E>>(
        _: Q.Type, _ message: EncodedMessage, by state: E, _ coding: EntityCoding<E>
    ) throws(EntityFlaw) -> [UInt8] {
        try coding.answer(try coding.read(message.payload, JSONCoder<Q>(), message.name), by: state)
    }
}
