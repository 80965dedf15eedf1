/// A fault that the crash test can do to its nodes.
package enum Fault: String, CaseIterable, Codable, Hashable, Sendable {
    /// `kill -9` of up to a minority of the nodes, and a restart.
    case kill
    /// `kill -9` of all nodes at once, and a restart of all.
    case killall
    /// SIGSTOP of up to a minority for a while, shorter or longer than the election time-out.
    case pause
    /// SIGTERM to one node: it must hand over and exit 0 within 5 seconds; then a restart.
    case terminate
    /// A restart of one node that ends itself at a named point of its journal's work (`KillPoint`).
    case point
    /// Up to a minority is cut off, whole, in one direction or from a part of the others.
    case cut
    /// As `cut`, with each node in a network namespace of its own: packets are lost, and no socket is told.
    case netns
    /// Everything between nodes takes longer, and some connections break in mid-frame.
    case delay
    /// The disk of one node, or of all, is filled to the last byte, and freed again.
    case full
    /// A bit is flipped in the file or the WAL of a node that was killed.
    case flip
    /// An old copy of a node's folder is put back in its place.
    case old
    /// A second process is started on a node's folder.
    case twice
    /// A program from outside holds a read transaction on a node's file.
    case reader
    /// A program from outside holds the write lock of a node's file.
    case locker

    /// Whether the nodes reach each other through a relay for it.
    package var needsRelay: Bool { self == .cut || self == .delay }
}
