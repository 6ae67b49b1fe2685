/// How long an engine may take, how much it may say, and how much is asked of it at a time.
package struct EngineLimits: Hashable, Sendable {
    /// Until a connection stands; as long as docker's own client waits.
    package var connection: Duration = .seconds(10)
    /// Until the engine has said which one it is.
    package var introduction: Duration = .seconds(30)
    /// Until a question is answered to the end.
    package var question: Duration = .seconds(120)
    /// Until a removal is answered.
    package var removal: Duration = .seconds(300)
    /// Until the disk usage is measured; engines walk through every volume for it.
    package var diskUsage: Duration = .seconds(600)
    /// Between two attempts while the engine is already measuring its disk usage for somebody else; doubled each time, up to five seconds.
    package var pauseWhileBusy: Duration = .milliseconds(250)
    /// How many requests are under way at once, watches not counted.
    package var parallelRequests = 8
    /// How long a connection is kept that nothing is asked on: Podman closes its own after ten seconds, and a request must not meet one that is just
    /// being closed.
    package var idleConnection: Duration = .seconds(4)
    /// How large an answer may be, in bytes: half a million images.
    package var answerSize = 256 << 20
    /// How many events a watch keeps until they are asked for.
    package var unreadEvents = 100_000

    /// The usual limits.
    package init() {}
}
