import Synchronization

/// Lines as they come, and a wait for one of them.
final class Lines: Sendable {
    private struct Inner {
        var lines: [String] = []
        var waiters: [(line: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let inner = Mutex(Inner())

    /// Every line until now.
    var all: [String] { inner.withLock { $0.lines } }

    /// Takes a line.
    @Sendable func take(_ line: String) {
        let woken = inner.withLock { inner in
            inner.lines.append(line)
            let woken = inner.waiters.filter { $0.line == line }
            inner.waiters.removeAll { $0.line == line }
            return woken.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns when the line has come; the test's time limit ends a wait in vain.
    func wait(for line: String) async {
        await withCheckedContinuation { continuation in
            let isThere = inner.withLock { inner in
                if inner.lines.contains(line) { return true }
                inner.waiters.append((line, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
