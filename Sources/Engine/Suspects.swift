import DequeModule
public import Primitives

/// Requests that may be what a process ended of: the next process that gets one tries it with care (HAZARDS 31). The newest are remembered.
public struct Suspects: Sendable {
    static let countMax = 4_096

    private var requests: Set<RequestID> = []
    private var order: Deque<RequestID> = []

    public mutating func insert(_ request: RequestID) {
        guard requests.insert(request).inserted else { return }
        order.append(request)
        if order.count > Self.countMax, let oldest = order.popFirst() { requests.remove(oldest) }
    }

    func contains(_ request: RequestID?) -> Bool {
        guard !requests.isEmpty, let request else { return false }
        return requests.contains(request)
    }
}
