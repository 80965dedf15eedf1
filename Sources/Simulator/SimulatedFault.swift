/// What the simulator does to a cluster. Each seed picks some of them and how often they come.
public enum SimulatedFault: String, CaseIterable, Hashable, Sendable {
    // The network, frame by frame.
    case drop, double, delay, reorder
    /// A frame of an earlier connection arrives after that broke.
    case staleFrame = "stale-frame"
    // Cuts.
    case cutNode = "cut-node"
    case cutOneWay = "cut-one-way"
    case cutPartial = "cut-partial"
    case cutHalves = "cut-halves"
    /// Every node is cut off; they come back one by one, in random order.
    case cutAll = "cut-all"
    case reset
    // Processes.
    case crash
    case crashAll = "crash-all"
    /// The machine dies: nobody is told by a closed connection.
    case powerOff = "power-off"
    case terminate
    case pause
    // Disks.
    case lostWrite = "lost-write"
    case writeError = "write-error"
    case flippedBit = "flipped-bit"
    case oldImage = "old-image"
    case slowDisk = "slow-disk"
    case fullDisk = "full-disk"
    case fullDisks = "full-disks"
    /// Somebody holds the file's lock.
    case lockedDisk = "locked-disk"
    // Clocks.
    case clockJump = "clock-jump"
    // Members, at any moment.
    case join, leave, move
    /// A leader takes itself out of its group.
    case leaderLeaves = "leader-leaves"
}

/// What a run did to its cluster, and which hazards of the list came of it.
public struct Tally: Hashable, Sendable {
    public private(set) var faults = [Int](repeating: 0, count: SimulatedFault.allCases.count)
    /// By number in HAZARDS.md, from 1.
    public private(set) var hazards = [Int](repeating: 0, count: Tally.hazardsMax + 1)

    static let hazardsMax = 33

    public init() {}

    mutating func note(_ fault: SimulatedFault) { faults[Self.position[fault]!] += 1 }
    mutating func note(hazard number: Int) { hazards[number] += 1 }

    mutating func add(_ other: Tally) {
        for offset in faults.indices { faults[offset] += other.faults[offset] }
        for offset in hazards.indices { hazards[offset] += other.hazards[offset] }
    }

    public subscript(fault: SimulatedFault) -> Int { faults[Self.position[fault]!] }

    private static let position = Dictionary(
        uniqueKeysWithValues: SimulatedFault.allCases.enumerated().map { ($0.element, $0.offset) })
}

/// A hazard of HAZARDS.md that the simulator claims to provoke, and what exactly it counts.
public struct Hazard: Sendable {
    public var number: Int
    public var counted: String

    public static let claimed: [Hazard] = [
        Hazard(number: 1, counted: "crashes that lost a term, a vote or entries on their way to the disk"),
        Hazard(number: 2, counted: "leaders that began with entries of older terms not known to be committed"),
        Hazard(number: 3, counted: "changes of a group's members"),
        Hazard(number: 4, counted: "replicas given up whose node was given the group again; removed nodes that spoke"),
        Hazard(number: 5, counted: "one-way and partial cuts"),
        Hazard(number: 6, counted: "reads asked of a leader while another led in a newer term"),
        Hazard(number: 7, counted: "answers decided on a node with entries not yet committed"),
        Hazard(number: 8, counted: "divergent tails cut off"),
        Hazard(number: 9, counted: "frames doubled, reordered, or of an older connection"),
        Hazard(number: 10, counted: "checkpoints taken in, in place of entries"),
        Hazard(number: 12, counted: "leaders that stepped down, alive, with entries not yet committed"),
        Hazard(number: 13, counted: "retries that found their original in the log and not yet committed"),
        Hazard(number: 14, counted: "retries answered by another leader than the one that executed them"),
        Hazard(number: 15, counted: "requests of sessions that had been forgotten"),
        Hazard(number: 16, counted: "request ids used again with another payload"),
        Hazard(number: 17, counted: "errors of write or flush"),
        Hazard(number: 20, counted: "damaged journals found out"),
        Hazard(number: 21, counted: "old copies of a journal started"),
        Hazard(number: 23, counted: "disks that were full"),
        Hazard(number: 24, counted: "files locked by somebody else"),
        Hazard(number: 25, counted: "wall clocks that jumped or stood apart"),
        Hazard(number: 26, counted: "pauses longer than half an election time-out"),
        Hazard(number: 32, counted: "groups that came to rest"),
    ]
}
