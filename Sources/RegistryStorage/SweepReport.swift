/// What an execution of a plan did.
package struct SweepReport: Sendable {
    /// Something that could not be removed.
    package struct Failure: Hashable, Sendable {
        /// Where it is.
        package let path: EntryName
        /// What the system said; `nil` where something else was wrong.
        package let error: Errno?
        /// What was wrong, as one line.
        package let words: String

        init(path: EntryName, error: Errno) {
            (self.path, self.error, words) = (path, error, error.description)
        }

        init(path: EntryName, _ error: RegistryStorageError) {
            (self.path, self.error, words) = (path, error.cause, error.description)
        }
    }

    /// How many things of each kind went.
    package internal(set) var removed: [SweepPlan.Kind: Int] = [:]
    /// The bytes of the blobs and uploads that went, into the trash or for good.
    package internal(set) var bytes: Int64 = 0
    /// What could not be removed.
    ///
    /// What it names was kept.
    package internal(set) var failures: [Failure] = []
    /// What was planned and not removed, because a push named it meanwhile.
    package internal(set) var spared: [EntryName] = []
    /// What was brought back from the trash.
    package internal(set) var restored: [EntryName] = []
    /// What was put right: links that were written, directories without a file that went.
    package internal(set) var mended: [EntryName] = []
    /// Damaged blobs that went to the trash and in whose place nothing came.
    package internal(set) var setAside: [EntryName] = []
    /// What was left for a later run, and why.
    package internal(set) var postponed: [String] = []
    /// The run whose trash holds what was removed; `nil` where that is nothing, or was deleted.
    package internal(set) var trash: Trash.Run?
    /// Whether the run was stopped before its end.
    package internal(set) var isInterrupted = false

    mutating func add(_ other: SweepReport) {
        removed.merge(other.removed, uniquingKeysWith: +)
        bytes += other.bytes
        failures += other.failures
        spared += other.spared
        restored += other.restored
        mended += other.mended
        setAside += other.setAside
        postponed += other.postponed
        isInterrupted = isInterrupted || other.isInterrupted
    }

    /// Adds what became of the trash afterwards.
    package mutating func add(_ emptied: EmptiedTrash) {
        failures += emptied.failures
        isInterrupted = isInterrupted || emptied.isInterrupted
        if let own = trash, emptied.runs.contains(where: { $0.name == own.name }) { trash = nil }
    }

    mutating func count(_ kind: SweepPlan.Kind, bytes: Int64 = 0) {
        removed[kind, default: 0] += 1
        self.bytes += bytes
    }
}
