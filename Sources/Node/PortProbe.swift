internal import NIOCore
internal import NIOPosix
internal import Transport

/// Finds out whether a port can be listened on, and which one port 0 becomes.
enum PortProbe {
    static func bind(_ address: NetworkAddress, on loop: any EventLoop) async throws -> Int {
        do {
            let channel = try await ServerBootstrap(group: loop)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            let port = channel.localAddress?.port ?? address.port
            try await channel.close()
            return port
        } catch let error as IOError where error.errnoCode == 98 || error.errnoCode == 48 {
            throw TransportError.portInUse(address)
        }
    }
}
