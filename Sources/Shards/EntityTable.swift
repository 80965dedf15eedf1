import Primitives

/// The entities that a shard keeps in memory: all that changed since the last written checkpoint, and a bounded number of
/// others.
struct EntityTable: Sendable {
    var slots: [EntitySlot] = []
    private var free: [Int] = []
    private var positions: [ID: Int] = [:]
    /// Slots that are evictable, in the order of their last use.
    private var evictable = RecencyList()
    private var evictableBytes = 0
    /// Positions of slots that changed since the last checkpoint was begun, each once.
    private(set) var changed: [Int] = []
    private let countMax: Int
    private let bytesMax: Int

    /// Hashes all bytes at once; an array would hash them one by one.
    private struct ID: Hashable {
        var bytes: [UInt8]
        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    init(settings: ShardSettings) {
        countMax = settings.cleanEntitiesMax
        bytesMax = settings.cleanBytesMax
    }

    var count: Int { slots.count - free.count }

    func position(of entity: [UInt8]) -> Int? { positions[ID(bytes: entity)] }

    /// Adds a slot for an entity that has none.
    mutating func add(_ slot: EntitySlot) -> Int {
        let position: Int
        if let reused = free.popLast() {
            position = reused
            slots[position] = slot
        } else {
            position = slots.count
            slots.append(slot)
        }
        positions[ID(bytes: slot.id)] = position
        return position
    }

    /// Takes note that the slot was used or that its state changed; makes room if that leaves too many evictable.
    mutating func settle(_ position: Int) {
        precondition(!slots[position].id.isEmpty, "the slot \(position) was given up")
        let wasEvictable = evictable.contains(position)
        guard slots[position].isEvictable else {
            if wasEvictable {
                evictable.remove(position)
                evictableBytes -= slots[position].bytes
            }
            return
        }
        if !wasEvictable { evictableBytes += slots[position].bytes }
        evictable.use(position)
        while evictable.count > 1, evictable.count > countMax || evictableBytes > bytesMax { evictOldest() }
    }

    private mutating func evictOldest() { evict(evictable.oldest) }

    /// A checkpoint with all of the slot's state has been written.
    mutating func settleAfterCheckpoint(_ position: Int) {
        slots[position].checkpointPosition = -1
        settle(position)
        // The estimate only grows, by what events brought. When it has become large, the state is measured anew: at its
        // next load.
        if slots[position].bytes > Self.estimateMax, evictable.contains(position) { evict(position) }
    }

    private static let estimateMax = 64 << 10

    private mutating func evict(_ position: Int) {
        evictable.remove(position)
        evictableBytes -= slots[position].bytes
        positions[ID(bytes: slots[position].id)] = nil
        // Frees the state at once, not when the place is next used.
        slots[position] = EntitySlot(id: [], base: .notLoaded(revision: 0), bytes: 0)
        free.append(position)
    }

    /// The slot has committed something that the checkpoint does not have.
    mutating func markChanged(_ position: Int) {
        guard !slots[position].isChanged else { return }
        slots[position].isChanged = true
        changed.append(position)
        settle(position)
    }

    /// Hands over the changed slots to a checkpoint that begins.
    mutating func takeChanged() -> [Int] {
        let taken = changed
        changed.removeAll(keepingCapacity: true)
        for position in taken { slots[position].isChanged = false }
        return taken
    }
}
