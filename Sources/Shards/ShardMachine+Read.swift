import Entities
import Primitives

extension ShardMachine {
    /// Answers a query.
    ///
    /// On `.newest` only where `submit` may be called.
    public mutating func ask(
        entity: [UInt8], query: String, payload: [UInt8], on view: StateView
    ) -> Reading {
        guard Limits.nameBytes.contains(query.utf8.count) else {
            return .reject(Failure(.unknownQuery, "\(runtime.name) has no query of that name"))
        }
        guard payload.count <= Limits.payloadBytesMax else {
            return .reject(
                Failure(
                    .tooLarge, "\(query) has \(payload.count) bytes; at most \(Limits.payloadBytesMax) fit"))
        }
        return read(entity, on: view) { (value) throws(Failure) in
            try value.answer(query: query, payload: payload)
        }
    }

    /// Like `ask`; the answer is the entity's whole state.
    public mutating func askState(entity: [UInt8], on view: StateView) -> Reading {
        read(entity, on: view) { (value) throws(Failure) in
            do throws(Unreadable) {
                return try value.encoded()
            } catch {
                throw Failure(.unstorable, "the entity's state has no JSON: \(error.reason)")
            }
        }
    }

    private mutating func read(
        _ entity: [UInt8], on view: StateView, _ answer: (any EntityValue) throws(Failure) -> [UInt8]
    ) -> Reading {
        do throws(Failure) {
            guard let position = entities.position(of: entity) else {
                try EntityID.validate(entity)
                // A read leaves nothing behind for an entity that nobody has touched.
                guard writtenCheckpoint == .zero else { return needsState(of: entity) }
                return .answer(ReadAnswer(json: try answer(runtime.initial), revision: 0), after: applied)
            }
            switch entities.slots[position].standing(on: view) {
            case .notLoaded: return needsState(of: entity)
            case .quarantined: throw Self.quarantined(entity)
            case .ready(let value, let revision):
                entities.settle(position)
                return .answer(
                    ReadAnswer(json: try answer(value), revision: revision),
                    after: view == .newest ? restsOn(position) : applied)
            }
        } catch {
            return .reject(error)
        }
    }

    private func needsState(of entity: [UInt8]) -> Reading {
        .needs(LoadRequest(entity: entity, wantsState: true, key: nil, checkpoint: writtenCheckpoint))
    }
}
