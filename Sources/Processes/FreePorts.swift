internal import Foundation
internal import Synchronization

/// Ports of 127.0.0.1 that nothing listens on.
package enum FreePorts {
    /// Below the range from which systems take the ports of outgoing connections: a port in that range can be taken by any
    /// connection while the node that listens on it is down.
    private static let range = 15_000..<30_000
    /// A node that is down for a moment still has its port.
    private static let given = Mutex<Set<Int>>([])

    /// - Returns: ports that this process has not been given before.
    package static func pick(_ count: Int) throws(ChildError) -> [Int] {
        var ports: [Int] = []
        for _ in 0..<1_000 where ports.count < count {
            let port = Int.random(in: range)
            if isFree(port), given.withLock({ $0.insert(port).inserted }) { ports.append(port) }
        }
        guard ports.count == count else { throw ChildError("no \(count) free ports were found in \(range)") }
        return ports
    }

    package static func isFree(_ port: Int) -> Bool {
        #if canImport(Darwin)
            let file = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard file >= 0 else { return false }
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
