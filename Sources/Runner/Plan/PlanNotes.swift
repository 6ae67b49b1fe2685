import HookKit
import Synchronization

/// What a rule asks while it plans, and what it was told; rules ask from several tasks.
final class PlanNotes: Sendable {
    private struct Content {
        var changes: [PlannedChange] = []
        var known: Set<PlannedChange.Key> = []
        var refused: [PlannedChange.Key: PlannedChange] = [:]
        var looks: [String] = []
    }

    private let content = Mutex(Content())

    /// Notes a change that was permitted; the first of each counts.
    func permit(_ change: PlannedChange) {
        content.withLock { content in
            if content.known.insert(change.key).inserted { content.changes.append(change) }
        }
    }

    /// Notes a change that was not.
    func refuse(_ change: PlannedChange) { content.withLock { $0.refused[change.key] = change } }

    /// Notes a command that was run.
    func look(_ digest: String) {
        content.withLock { content in
            if !content.looks.contains(digest) { content.looks.append(digest) }
        }
    }

    /// What was permitted, in the order in which it was asked.
    var changes: [PlannedChange] { content.withLock { $0.changes } }

    /// What was not permitted.
    var refused: [PlannedChange.Key: PlannedChange] { content.withLock { $0.refused } }

    /// The digests of the commands that were run.
    var looks: [String] { content.withLock { $0.looks } }
}
