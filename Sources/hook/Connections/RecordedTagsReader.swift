import HookKit
import OCI
import Reports
import Runner

/// Looks up in the ledger what a report shows of tags.
struct RecordedTagsReader {
    /// How many tags are shown, and how many generations of each.
    private static let (shownTags, shownGenerations) = (60, 40)

    let services: LiveServices

    /// The tags that a run's findings are about, then those that changed last; `nil` where no stage used an engine.
    ///
    /// A ledger that cannot be read fails no run: the report says why.
    func history(of result: RunResult) async -> RecordedTags? {
        guard let engine = result.stages.lazy.compactMap(\.engine).first else { return nil }
        // Whoever interrupts a run does not wait for others to give the ledger free.
        if result.wasInterrupted {
            return RecordedTags(tags: [], problem: "the ledger was not looked at, because the run was interrupted")
        }
        do {
            let ledger = try await services.ledger()
            let latest = try await ledger.latestGenerations(on: engine)
            let failing = Set(
                result.stages.lazy.flatMap(\.findings).filter { $0.outcome == .failed }.compactMap { ImageReference($0.subject) }
            )
            let ordered = latest.sorted { left, right in
                let (leftFails, rightFails) = (failing.contains(left.reference), failing.contains(right.reference))
                return leftFails != rightFails ? leftFails : left.firstSeen > right.firstSeen
            }
            let shown = ordered.prefix(Self.shownTags).map(\.reference)
            let generations = try await ledger.generations(of: shown, newest: Self.shownGenerations, on: engine)
            let tags = shown.map { RecordedTags.Tag(name: $0.description, generations: generations[$0] ?? []) }
            return RecordedTags(tags: tags.filter { !$0.generations.isEmpty }, otherTags: ordered.count - shown.count)
        } catch {
            return RecordedTags(tags: [], problem: "the ledger could not be read: \(error)")
        }
    }
}
