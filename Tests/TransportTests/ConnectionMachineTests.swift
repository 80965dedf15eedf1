import Primitives
import Testing

@testable import Transport

@Suite struct ConnectionMachineTests {
    let identity = HandshakeMessageTests.identity

    @Test("An acceptor asks its owner, welcomes, and from then on delivers")
    func accepts() {
        var machine = ConnectionMachine.accepting()
        let hello = Hello(role: .client, identity: .client())
        #expect(machine.greeting == nil)
        let asked = machine.received(HandshakeMessage.hello(hello).encoded(), from: "there")
        #expect(asked == .ask(hello))
        #expect(!machine.isOpen)
        let answer = machine.decide(.welcome, as: identity)
        #expect(answer == .welcome(Welcome(version: 1, identity: identity)))
        #expect(machine.isOpen)
        let afterwards = machine.received([1, 2, 3], from: "there")
        #expect(afterwards == .deliver)
    }

    @Test("A rejection ends the connection")
    func rejects() {
        var machine = ConnectionMachine.accepting()
        let rejection = Rejection(.notMember, "not a member")
        _ = machine.received(HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded(), from: "there")
        let answer = machine.decide(.reject(rejection), as: identity)
        #expect(answer == .rejection(rejection))
        #expect(machine.isEnded)
        let ignored = machine.received([1], from: "there")
        #expect(ignored == .ignore)
    }

    @Test("The highest version that both sides speak is chosen; without one the hello is refused, and both ranges are named")
    func versions() {
        var machine = ConnectionMachine.accepting()
        let newer = Hello(role: .client, identity: .client(), versions: 1...9)
        let asked = machine.received(HandshakeMessage.hello(newer).encoded(), from: "there")
        #expect(asked == .ask(newer))
        let answer = machine.decide(.welcome, as: identity)
        #expect(answer == .welcome(Welcome(version: 1, identity: identity)))

        var other = ConnectionMachine.accepting()
        let tooNew = Hello(role: .client, identity: .client(), versions: 7...9)
        guard case .fail(let error, let answer?) = other.received(HandshakeMessage.hello(tooNew).encoded(), from: "there")
        else {
            Issue.record("the hello was not refused")
            return
        }
        #expect(error.code == .rejected)
        #expect(answer.code == .version)
        #expect(answer.message.contains("1 to 1") && answer.message.contains("7 to 9"))
        #expect(other.isEnded)
    }

    @Test("A dialer greets and is open when it is welcomed")
    func dials() {
        let hello = Hello(role: .peerMain, identity: identity, expected: NodeID(9))
        var machine = ConnectionMachine.dialing(hello)
        #expect(machine.greeting == hello)
        var theirs = identity
        theirs.node = NodeID(9)
        let welcome = Welcome(version: 1, identity: theirs)
        let opened = machine.received(HandshakeMessage.welcome(welcome).encoded(), from: "there")
        #expect(opened == .opened(welcome))
        #expect(machine.isOpen)
    }

    @Test("A welcome from another cluster, another node or in another version is none")
    func mismatches() {
        let hello = Hello(role: .peerMain, identity: identity, expected: NodeID(9))
        var right = identity
        right.node = NodeID(9)
        var otherCluster = right
        otherCluster.cluster = UniqueID(high: 5, low: 5)
        var noCluster = right
        noCluster.cluster = nil
        let cases: [(Welcome, Rejection.Code)] = [
            (Welcome(version: 1, identity: otherCluster), .otherCluster),
            (Welcome(version: 1, identity: noCluster), .otherCluster),
            (Welcome(version: 1, identity: identity), .otherNode),
            (Welcome(version: 2, identity: right), .version),
        ]
        for (welcome, code) in cases {
            var machine = ConnectionMachine.dialing(hello)
            guard case .fail(let error, nil) = machine.received(HandshakeMessage.welcome(welcome).encoded(), from: "there")
            else {
                Issue.record("\(welcome) was accepted")
                continue
            }
            #expect(error.rejection?.code == code)
            #expect(machine.isEnded)
        }
    }

    @Test("Anything but the message that is due ends the handshake")
    func outOfTurn() {
        let hello = HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()
        let welcome = HandshakeMessage.welcome(Welcome(version: 1, identity: identity)).encoded()
        for frame in [welcome, [1, 2, 3], Array("GET / HTTP/1.1".utf8)] {
            var machine = ConnectionMachine.accepting()
            guard case .fail(let error, _) = machine.received(frame, from: "there") else {
                Issue.record("\(frame) was accepted")
                continue
            }
            #expect(error.code == .protocolViolation)
        }
        for frame in [hello, [1, 2, 3]] {
            var machine = ConnectionMachine.dialing(Hello(role: .client, identity: .client()))
            guard case .fail(let error, nil) = machine.received(frame, from: "there") else {
                Issue.record("\(frame) was accepted")
                continue
            }
            #expect(error.code == .protocolViolation)
        }
    }

    @Test("What the other side's rejection says is kept, with the address it came from")
    func rejected() {
        var machine = ConnectionMachine.dialing(Hello(role: .client, identity: .client()))
        let rejection = Rejection(.overloaded, "too many")
        let step = machine.received(HandshakeMessage.rejection(rejection).encoded(), from: "10.0.0.1:7400")
        #expect(step == .fail(.rejected(by: "10.0.0.1:7400", rejection), answer: nil))
    }
}

@Suite struct HandshakeChecksTests {
    let own = HandshakeMessageTests.identity

    private func refusal(_ role: Hello.Role, expected: NodeID? = nil, _ change: (inout Identity) -> Void) -> Rejection.Code? {
        var theirs = own
        theirs.node = NodeID(8)
        change(&theirs)
        return own.refusal(of: Hello(role: role, identity: theirs, expected: expected))?.code
    }

    @Test("A node of the same cluster that means this node passes")
    func passes() {
        #expect(refusal(.peerMain, expected: NodeID(7)) { _ in } == nil)
        #expect(refusal(.client) { $0 = .client() } == nil)
        #expect(refusal(.client) { $0 = .client(of: own.cluster) } == nil)
    }

    @Test("Another cluster is refused, whatever the role")
    func otherCluster() {
        for role in [Hello.Role.peerMain, .peerBulk, .client, .joiner] {
            #expect(refusal(role) { $0.cluster = UniqueID(high: 9, low: 9) } == .otherCluster)
        }
    }

    @Test("Who means another node is refused")
    func otherNode() { #expect(refusal(.peerMain, expected: NodeID(6)) { _ in } == .otherNode) }

    @Test("Who says that it is this very node is refused")
    func sameNode() { #expect(refusal(.peerMain) { $0.node = own.node } == .otherFile) }

    @Test("A node that has not joined yet is no peer to anyone")
    func blank() {
        let blank = Identity(cluster: nil, node: nil, file: UniqueID(high: 1, low: 1), starts: StartHistory(count: 1), address: "")
        #expect(blank.refusal(of: Hello(role: .peerMain, identity: own))?.code == .notReady)
        #expect(blank.refusal(of: Hello(role: .client, identity: .client())) == nil)
    }
}
