import Engine
import Primitives

/// A row of `peers`: what another node last said of itself.
enum PeerRow {
    static let select = "SELECT node, address, start, process_uuid, checksum FROM peers ORDER BY node"
    static let replace = """
        INSERT OR REPLACE INTO peers (node, address, start, process_uuid, checksum) VALUES (?1, ?2, ?3, ?4, ?5)
        """

    /// The current row of `select`.
    static func read(_ row: Statement, path: String) throws(JournalError) -> KnownPeer {
        guard let node = UInt32(exactly: row.integer(0)), let process = UniqueID(row.text(3)) else {
            throw .corrupt(path, "table `peers` holds a malformed node or process")
        }
        let peer = KnownPeer(node: NodeID(node), address: row.text(1), start: row.unsigned(2), process: process)
        guard row.unsigned(4) == checksum(peer) else {
            throw .corrupt(path, "the checksum of node \(node) in table `peers` is wrong")
        }
        return peer
    }

    static func write(_ peer: KnownPeer, with statement: Statement) throws(JournalError) {
        statement.bind(1, Int64(peer.node.rawValue))
        statement.bind(2, peer.address)
        statement.bind(3, peer.start)
        statement.bind(4, peer.process.description)
        statement.bind(5, checksum(peer))
        try statement.run()
    }

    private static func checksum(_ peer: KnownPeer) -> UInt64 {
        var sum = RowChecksum("peers")
        sum.mix(Int64(peer.node.rawValue))
        sum.mix(Array(peer.address.utf8))
        sum.mix(peer.start)
        sum.mix(Array(peer.process.description.utf8))
        return sum.value
    }
}
