import HookKit
import Synchronization

/// A clock that goes on only when it is told.
final class TestClock: Sendable {
    private let time = Mutex(ExampleWorld.now)

    /// The time.
    var now: Timestamp { time.withLock { $0 } }

    /// Lets time pass.
    func advance(by duration: Duration) { time.withLock { $0 = $0 - duration * -1 } }
}
