import HookKit

/// Compares what a plan has with what is due now, and says of each change that is not the same any more what has become of it.
struct PlanComparison {
    /// What was planned.
    let planned: [PlannedChange]
    /// What is due now and in the plan.
    let due: [PlannedChange]
    /// What is due now and not in the plan, or not like this.
    let others: [PlannedChange.Key: PlannedChange]
    /// What the rule found in its dry run.
    let findings: [Finding]
    /// What the engine has now, where it was asked.
    var images: [EngineImage]?

    /// The changes that are not due any more, whether somebody made them or they cannot be made.
    private var missing: [PlannedChange] {
        let due = Set(due.map(\.key))
        return planned.filter { !due.contains($0.key) }
    }

    /// Says whether an image that was to go is not to go any more.
    var lacksImages: Bool { missing.contains { $0.action == .removeImage } }

    /// The changes that cannot be made as they were planned.
    var outdated: [PlannedChange] { missing.filter { !isGone($0) } }

    /// Says whether a change is the removal of an image that is gone: an earlier run made it, or somebody else.
    private func isGone(_ change: PlannedChange) -> Bool {
        guard change.action == .removeImage, let images else { return false }
        return !images.contains { $0.id.description == change.target }
    }

    /// A finding for each change that was made before.
    var madeBefore: [Finding] {
        missing.filter(isGone).map { .passed(subject: $0.subject, type: "made-before", message: "the engine has no such image any more") }
    }

    /// A finding for each change that cannot be made.
    var report: [Finding] {
        outdated.map { change in
            .failed(
                subject: change.subject,
                type: "changed-since-plan",
                message: reason(change),
                details: ["planned: \(change.action) \(change.target)"]
            )
        }
    }

    private func reason(_ change: PlannedChange) -> String {
        if let now = others[change.key] { return change.difference(to: now) }
        if change.action == .removeImage, let image = images?.first(where: { $0.id.description == change.target }) {
            let now = PlannedChange.removing(image, subject: change.subject)
            if now.state != change.state { return change.difference(to: now) }
        }
        let verb = change.action == .runCommand ? "run" : change.action == .mend ? "mended" : "removed"
        let start = "it is not to be \(verb) any more"
        if let reason = finding(about: change)?.message { return "\(start): \(reason)" }
        if let other = others.values.filter({ $0.subject == change.subject }).min(by: { $0.target < $1.target }) {
            return "\(start): what is due under this name is now \(other.action) \(other.target)"
        }
        return "\(start), or it is not there"
    }

    /// What the rule says about it, where that is not that it goes.
    private func finding(about change: PlannedChange) -> Finding? {
        let short = Digest(change.target)?.short
        return findings.first { finding in
            guard finding.type != "would-remove", finding.type != "not-in-plan" else { return false }
            return finding.subject == change.subject
                || change.action == .removeImage && (finding.subject == short || finding.subject.hasSuffix("(\(short ?? ""))"))
        } ?? findings.first { $0.subject == change.subject && $0.type == "not-in-plan" && others[change.key] == nil && !isRenamed(change) }
    }

    /// Whether something else is due under the subject of a change.
    private func isRenamed(_ change: PlannedChange) -> Bool { others.values.contains { $0.subject == change.subject } }
}
