/// How a plan is executed.
package struct SweepOptions: Sendable {
    /// What is known of a registry that serves the store and may remember what goes.
    package enum Server: Sendable {
        /// None that matters: it is stopped or takes no pushes, or the caller answers for it.
        case absent
        /// This one serves the store, and can be asked.
        case running(any RunningRegistry)
        /// One may serve the store, and cannot be asked.
        case unknown
    }

    /// What comes back from the trash before anything goes.
    package enum Restoration: Sendable {
        /// What the plan says, and what manifests name that come back with it: what those name is known only then.
        case followed
        /// What the plan says, because somebody agreed to no more; only for a plan by which nothing goes.
        case asPlanned
    }

    /// What comes back from the trash.
    package var restoration = Restoration.followed
    /// How long hook waits after the last blob for requests that had begun, before it looks once more, in nanoseconds.
    package var settle: Int64 = 2_000_000_000
    /// For how long what goes is kept in the trash, in nanoseconds; with 0 it goes as soon as `SweepConclusion` has proven that nobody needs it.
    package var trashPeriod: Int64 = 0
    /// When the run began, in nanoseconds since 1970; `nil` for the time that the plan's ages are counted from.
    package var started: Int64?
    /// How many tasks work at a time.
    package var jobs = 1
    /// The number of this process, which makes the run's name its own.
    package var process: Int32
    /// Whether the first things are deleted at once where the disk is so full that they cannot be moved aside.
    ///
    /// Only where the caller takes it that no push happens.
    package var deletesWhereFull = false
    /// The registry that serves the store.
    package var server = Server.absent

    package init(process: Int32) {
        self.process = process
    }
}
