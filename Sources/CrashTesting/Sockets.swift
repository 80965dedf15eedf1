import Foundation
import Processes

/// Plain TCP sockets of 127.0.0.1 that never block, for the relay.
enum Sockets {
    private static func make() throws(ChildError) -> Int32 {
        #if canImport(Darwin)
            let file = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard file >= 0 else { throw ChildError("socket: \(errorText())") }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK)
        return file
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return address
    }

    static func listen(_ port: Int) throws(ChildError) -> Int32 {
        let file = try make()
        var one: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = address(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, Foundation.listen(file, 64) == 0 else {
            let reason = errorText()
            close(file)
            throw ChildError("port \(port) cannot be listened on: \(reason)")
        }
        return file
    }

    /// Nil if nobody waits, or the connection is gone again.
    static func accept(_ listener: Int32) -> Int32? {
        let file = Foundation.accept(listener, nil, nil)
        guard file >= 0 else { return nil }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK)
        noDelay(file)
        return file
    }

    /// Begins to connect; whether it works shows when it is written to.
    static func connect(_ port: Int) -> Int32? {
        guard let file = try? make() else { return nil }
        noDelay(file)
        var address = address(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            close(file)
            return nil
        }
        return file
    }

    private static func noDelay(_ file: Int32) {
        var one: Int32 = 1
        setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closes with a reset in place of an end of file: what is on its way is lost.
    static func reset(_ file: Int32) {
        var linger = Foundation.linger(l_onoff: 1, l_linger: 0)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Foundation.linger>.size))
        close(file)
    }
}
