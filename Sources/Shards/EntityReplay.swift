public import Entities

/// An entity's state as its events make it, from the first one on: the state as it was at any revision.
public struct EntityReplay: Sendable {
    private let kind: String
    private var value: any EntityValue
    public private(set) var revision: UInt64 = 0

    public init(_ runtime: KindRuntime) {
        kind = runtime.name
        value = runtime.initial
    }

    /// Goes on by one event, given as JSON.
    /// - Throws: `.quarantined` for an event that the kind does not read.
    public mutating func apply(_ event: [UInt8]) throws(Failure) { try apply(all: EventArray.array(of: event)) }

    /// Goes on by what one command did: all of it, or nothing.
    /// - Parameter events: a JSON array.
    /// - Throws: `.quarantined` for an event that the kind does not read.
    public mutating func apply(all events: [UInt8]) throws(Failure) {
        let count: Int
        do throws(Unreadable) {
            (value, count) = try value.applying(events)
        } catch {
            throw Failure(.quarantined, "what follows revision \(revision) cannot be read as events of \(kind): \(error.reason)")
        }
        revision += UInt64(count)
    }

    /// The state as JSON.
    public func state() throws(Failure) -> [UInt8] {
        do throws(Unreadable) {
            return try value.encoded()
        } catch {
            throw Failure(.unstorable, "the state of \(kind) has no JSON: \(error.reason)")
        }
    }

    /// Whether a stored state says the same: in the same bytes, or, as an older program may have written it, in others that the kind
    /// reads as this state.
    public func isSame(as stored: [UInt8], of runtime: KindRuntime) -> Bool {
        guard let own = try? value.encoded() else { return false }
        return own == stored || own == (try? runtime.value(fromState: stored).encoded())
    }
}

extension KindRuntime {
    /// How many events a JSON array has; nil if it is none. The events themselves are not looked at.
    public static func count(ofEvents events: [UInt8]) -> Int? { EventArray.count(events) }
}
