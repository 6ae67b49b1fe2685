/// What became of runs of the trash that were to be deleted.
package struct EmptiedTrash: Sendable {
    /// The runs of which nothing is left.
    package internal(set) var runs: [Trash.Run] = []
    /// The runs of which something is left, because it could not be removed, or because the task was cancelled in the middle.
    package internal(set) var unfinished: [Trash.Run] = []
    /// What could not be removed.
    package internal(set) var failures: [SweepReport.Failure] = []
    /// The bytes of the blobs and uploads that went, of the runs of which they were to be counted.
    package internal(set) var bytes: Int64 = 0
    /// Whether the task was cancelled before all was done.
    package internal(set) var isInterrupted = false
}
