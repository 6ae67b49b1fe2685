import HookKit

/// Runs tasks on threads of their own, for a test of a call that blocks: there are no more threads for tasks than cores, and what would end
/// the call may wait for one of them.
package final class ThreadExecutor: TaskExecutor {
    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        BackgroundThread.start { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
