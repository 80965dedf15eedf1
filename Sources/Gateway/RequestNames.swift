internal import Primitives
internal import Synchronization

/// Names for requests that bring none, to find them in answers and logs: a random half for the process, and a count.
final class RequestNames: Sendable {
    private let process = hexadecimal(UInt64.random(in: .min ... .max))
    private let count = Atomic<UInt64>(0)

    func next() -> String { "\(process)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)" }
}
