/// Lets two tests have processes at a time: a test of a cluster waits more than it computes, and alone it would leave the machine idle.
///
/// First come, first served.
actor Places {
    static let shared = Places(2)

    private let count: Int
    private var taken = 0
    private var waiting: [(width: Int, turn: CheckedContinuation<Void, Never>)] = []

    init(_ count: Int) { self.count = count }

    /// Waits for a place.
    /// - Parameter isAlone: for a test whose measure is time: nobody else takes the machine's meanwhile.
    /// - Returns: what is to be given back.
    func take(isAlone: Bool) async -> Int {
        let width = isAlone ? count : 1
        if waiting.isEmpty, taken + width <= count {
            taken += width
        } else {
            await withCheckedContinuation { waiting.append((width, $0)) }
        }
        return width
    }

    func giveBack(_ width: Int) {
        taken -= width
        while let first = waiting.first, taken + first.width <= count {
            taken += first.width
            waiting.removeFirst()
            first.turn.resume()
        }
    }
}
