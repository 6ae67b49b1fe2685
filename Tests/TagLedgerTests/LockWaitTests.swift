import HookTesting
import Testing

@testable import TagLedger

/// How a lock is waited for.
@Suite struct LockWaitTests {
    @Test func waitEndsWithItsTime() {
        #expect(!LockWait(limit: .zero).waits(afterTries: 0))
        let wait = LockWait(limit: .milliseconds(50))
        var tries = 0
        while wait.waits(afterTries: tries) { tries += 1 }
        #expect(tries > 0)
        // The next lock is waited for anew.
        #expect(wait.waits(afterTries: 0))
    }

    @Test(.timeLimit(.minutes(10))) func waitEndsWithItsTask() async {
        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        let waiting = Task(executorPreference: ThreadExecutor()) {
            let wait = LockWait(limit: .seconds(3600))
            var tries = 0
            while wait.waits(afterTries: tries) {
                tries += 1
                begin.yield()
            }
            return tries
        }
        for await _ in began { break }
        waiting.cancel()
        #expect(await waiting.value > 0)
    }

    @Test func waitThatIsAbandonedEnds() {
        let wait = LockWait(limit: .seconds(3600))
        #expect(wait.waits(afterTries: 0))
        wait.abandon()
        #expect(!wait.waits(afterTries: 1))
    }
}
