import Synchronization
import Testing

@testable import CLI

@Suite struct StopSwitchTests {
    @Test func `only the first press counts`() {
        let stop = StopSwitch()
        let count = Mutex(0)
        stop.onPress { count.withLock { $0 += 1 } }
        #expect(!stop.isPressed)
        #expect(stop.press())
        #expect(!stop.press())
        #expect(stop.isPressed)
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `what comes after the press runs at once`() {
        let stop = StopSwitch()
        _ = stop.press()
        let count = Mutex(0)
        stop.onPress { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 1)
    }
}
