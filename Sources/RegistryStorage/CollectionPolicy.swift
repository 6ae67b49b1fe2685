/// What a collection may take.
package struct CollectionPolicy: Sendable {
    /// What happens to manifests that no tag reaches.
    package enum Untagged: Sendable {
        /// They stay.
        case kept
        /// They go, but for the newest of each repository and those that were written, or lost a tag, within an age in nanoseconds.
        case removed(keepLast: Int, olderThan: Int64)
    }

    /// What is asked to go by name, whatever its age.
    package struct Deletion: Sendable {
        /// Says whether a whole repository goes.
        package let repository: @Sendable (EntryName) -> Bool
        /// Says whether a tag goes.
        package let tag: @Sendable (_ repository: EntryName, _ tag: EntryName) -> Bool

        package init(
            repository: @escaping @Sendable (EntryName) -> Bool,
            tag: @escaping @Sendable (_ repository: EntryName, _ tag: EntryName) -> Bool
        ) {
            self.repository = repository
            self.tag = tag
        }
    }

    /// Says which repositories may lose anything; what others name is kept.
    package var selects: @Sendable (EntryName) -> Bool = { _ in true }
    /// What happens to manifests that no tag reaches.
    package var untagged = Untagged.kept
    /// Nothing written within this time before `now` goes, in nanoseconds.
    package var minimumAge: Int64 = 3600 * 1_000_000_000
    /// Uploads older than this go, in nanoseconds; `nil` keeps them.
    package var uploadsOlderThan: Int64? = 7 * 86400 * 1_000_000_000
    /// Whether a repository in which nothing is left goes.
    package var deletesEmptyRepositories = false
    /// What was asked to go by name.
    ///
    /// With it, only that goes and what it alone used.
    package var deletion: Deletion?
    /// Whether links go to manifests that are lost: the blob is missing, and nothing in the store names them.
    ///
    /// Only with a deletion, which by itself need not name anything.
    package var takesLostManifests = false
    /// The time, in nanoseconds since 1970.
    package var now: Int64
    /// Whether the blobs that stay are asked for their sizes, so that a plan can say who uses what it leaves.
    package var measuresUse = false
    /// For how long what goes is kept in the trash, in nanoseconds: as long as it can be put back from there, so can what it has taken along.
    package var trashPeriod: Int64 = 0
    /// When that period begins, in nanoseconds since 1970; `nil` for the time that ages are counted from.
    package var trashStart: Int64?
    /// How many tasks work at a time.
    package var jobs = 1

    /// The policy that only takes what nothing names.
    package init(now: Int64) {
        self.now = now
    }

    /// What was written after this moment is young.
    ///
    /// A time in the future is young as well.
    var youngAfter: Int64 { now.subtractingReportingOverflow(minimumAge).partialValue }

    /// Says whether a time is too recent for anything to go.
    func isYoung(_ time: Int64) -> Bool {
        // An age of nothing takes everything, also what a clock that runs ahead has written.
        minimumAge > 0 && time > youngAfter
    }

    /// Whether it matters when a manifest lost a tag.
    var countsLosses: Bool {
        if case .removed(_, let olderThan) = untagged { olderThan > 0 } else { false }
    }

    /// Says whether a time is too recent for an untagged manifest to go.
    func isRecent(_ time: Int64) -> Bool {
        guard case .removed(_, let olderThan) = untagged, olderThan > 0 else { return false }
        return time > now.subtractingReportingOverflow(olderThan).partialValue
    }
}
