import Foundation
import Processes

/// A network of a run's own: each node in a network namespace, all on one bridge, and this process on it too. Cuts lose packets, as real ones
/// do: no socket is told.
///
/// Takes root and `ip` (iproute2), on Linux. It goes with this process, however that ends.
struct Namespaces: Sendable {
    /// In the bridge's and the namespaces' names: no longer than 11 bytes, as those of devices are short.
    private let tag: String
    private let subnet: String
    private let count: Int

    private init(count: Int) {
        let number = Int(getpid()) % 100_000
        tag = "hf\(number)"
        // Set aside for tests of networks (RFC 2544), so that nobody's own addresses are hidden.
        subnet = "198.18.\(number % 256)"
        self.count = count
    }

    /// Nil if this user, or this machine, cannot.
    static func make(_ count: Int) async -> Namespaces? {
        #if os(Linux)
            guard geteuid() == 0 else { return nil }
            let network = Namespaces(count: count)
            do throws(ChildError) {
                try await network.build()
                return network
            } catch {
                await network.remove()
                return nil
            }
        #else
            return nil
        #endif
    }

    private func build() async throws(ChildError) {
        Lifeline.shared.undoAtEnd(removal.map { "ip " + $0.joined(separator: " ") }.joined(separator: "; "))
        try await ip("link", "add", tag, "type", "bridge")
        try await ip("link", "set", tag, "address", Self.hardware(nil))
        try await ip("address", "add", "\(address(nil))/24", "dev", tag)
        try await ip("link", "set", tag, "up")
        for node in 0..<count {
            try await ip("netns", "add", space(node))
            try await ip("link", "add", device(node), "type", "veth", "peer", "name", "eth0", "netns", space(node))
            try await ip("link", "set", device(node), "master", tag, "up")
            try await ip("-n", space(node), "link", "set", "lo", "up")
            try await ip("-n", space(node), "address", "add", "\(address(node))/24", "dev", "eth0")
            try await ip("-n", space(node), "link", "set", "eth0", "address", Self.hardware(node), "up")
        }
    }

    func remove() async { for arguments in removal { _ = try? await Tool.run("ip", arguments) } }

    /// With a namespace goes its end of the cable, and with that the other one.
    private var removal: [[String]] { (0..<count).map { ["netns", "del", space($0)] } + [["link", "del", tag]] }

    func address(_ node: Int?) -> String { "\(subnet).\(node.map { $0 + 1 } ?? 254)" }
    /// What starts a program in a node's namespace.
    func runner(_ node: Int) -> [String] { ["ip", "netns", "exec", space(node)] }

    private func space(_ node: Int) -> String { "\(tag)-\(node + 1)" }
    private func device(_ node: Int) -> String { "\(tag)v\(node + 1)" }
    private static func hardware(_ node: Int?) -> String { "02:00:00:00:00:" + (node.map { "0\($0 + 1)" } ?? "fe") }

    // MARK: Cuts

    /// What is sent on these flows goes to a hardware address that nobody has.
    func lose(_ flows: Set<Relay.Flow>) async throws(ChildError) { for flow in flows { try await point(flow, to: "02:00:00:00:ff:ff") } }

    func restore(_ flows: Set<Relay.Flow>) async throws(ChildError) {
        for flow in flows { try await point(flow, to: Self.hardware(flow.to)) }
    }

    private func point(_ flow: Relay.Flow, to hardware: String) async throws(ChildError) {
        let place = flow.from.map { ["-n", space($0)] } ?? []
        let device = flow.from == nil ? tag : "eth0"
        try await ip(place + ["neigh", "replace", address(flow.to), "lladdr", hardware, "dev", device, "nud", "permanent"])
    }

    /// Pulls a node's cable, or puts it in again.
    func plug(_ node: Int, isIn: Bool) async throws(ChildError) { try await ip("link", "set", device(node), isIn ? "up" : "down") }

    private func ip(_ arguments: String...) async throws(ChildError) { try await ip(arguments) }

    private func ip(_ arguments: [String]) async throws(ChildError) {
        guard try await Tool.run("ip", arguments) == .code(0) else { throw ChildError("`ip \(arguments.joined(separator: " "))` failed") }
    }
}
