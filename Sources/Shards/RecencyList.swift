/// Small integers in the order of their last use. Every operation takes constant time.
///
/// A doubly linked list over positions of somebody's array.
struct RecencyList: Sendable {
    private var links: [Link] = []
    /// The one unused longest; -1 if there is none.
    private(set) var oldest = -1
    private var newest = -1
    private(set) var count = 0

    private struct Link {
        var older = -1
        var newer = -1
        var isIn = false
    }

    func contains(_ position: Int) -> Bool { position < links.count && links[position].isIn }

    /// Makes `position` the newest, whether it was in the list or not.
    mutating func use(_ position: Int) {
        if newest == position { return }
        remove(position)
        while links.count <= position { links.append(Link()) }
        links[position] = Link(older: newest, newer: -1, isIn: true)
        if newest >= 0 { links[newest].newer = position } else { oldest = position }
        newest = position
        count += 1
    }

    /// Takes `position` out, if it is in.
    mutating func remove(_ position: Int) {
        guard contains(position) else { return }
        let link = links[position]
        if link.older >= 0 { links[link.older].newer = link.newer } else { oldest = link.newer }
        if link.newer >= 0 { links[link.newer].older = link.older } else { newest = link.older }
        links[position] = Link()
        count -= 1
    }
}
