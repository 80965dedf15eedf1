import Primitives
import Synchronization

/// Which counters a load goes to: `bench-0`, `bench-1` and so on.
final class BenchEntities: Sendable {
    private let count: Int
    private let takesEachOnce: Bool
    private let taken = Atomic(0)
    /// Made once, as far as they are not too many.
    private let names: [[UInt8]]
    private static let namesMax = 100_000

    /// - Parameter takesEachOnce: each counter once, in order, instead of any at random.
    init(count: Int, takesEachOnce: Bool) {
        self.count = count
        self.takesEachOnce = takesEachOnce
        names = (0..<min(count, Self.namesMax)).map(Self.name)
    }

    /// The next request's counter; nil if each has had its turn.
    func next(_ generator: inout RandomGenerator) -> [UInt8]? {
        guard takesEachOnce else { return name(Int.random(in: 0..<count, using: &generator)) }
        let number = taken.add(1, ordering: .relaxed).oldValue
        return number < count ? name(number) : nil
    }

    private func name(_ number: Int) -> [UInt8] { number < names.count ? names[number] : Self.name(number) }

    private static func name(_ number: Int) -> [UInt8] { Array("bench-\(number)".utf8) }
}
