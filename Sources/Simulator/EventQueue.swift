internal import Primitives

/// What will happen, soonest first; what was planned for the same moment happens in the order in which it was planned.
///
/// A binary heap.
struct EventQueue<Event> {
    private struct Item {
        var at: Instant
        var order: UInt64
        var event: Event

        func comes(before other: Item) -> Bool { at == other.at ? order < other.order : at < other.at }
    }

    private var items: [Item] = []
    private var order: UInt64 = 0

    var isEmpty: Bool { items.isEmpty }
    var count: Int { items.count }
    var nextAt: Instant? { items.first?.at }

    mutating func add(_ event: Event, at instant: Instant) {
        order += 1
        items.append(Item(at: instant, order: order, event: event))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].comes(before: items[parent]) else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> (at: Instant, event: Event)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            sink()
        }
        return (first.at, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < items.count else { return }
            let right = left + 1
            let child = right < items.count && items[right].comes(before: items[left]) ? right : left
            guard items[child].comes(before: items[parent]) else { return }
            items.swapAt(child, parent)
            parent = child
        }
    }

    mutating func removeAll() { items.removeAll() }
}
