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
    public mutating func apply(_ event: [UInt8]) throws(Failure) {
        do throws(Unreadable) {
            value = try value.applying(EventArray.array(of: event)).value
        } catch {
            throw Failure(.quarantined, "event \(revision + 1) cannot be read as one of \(kind): \(error.reason)")
        }
        revision += 1
    }

    /// The state as JSON.
    public func state() throws(Failure) -> [UInt8] {
        do throws(Unreadable) {
            return try value.encoded()
        } catch {
            throw Failure(.unstorable, "the state of \(kind) has no JSON: \(error.reason)")
        }
    }
}
