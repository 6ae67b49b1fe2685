import HookKit

/// Turns a plan, and what became of it, into findings.
struct RetentionReport {
    let context: RuleContext
    let registry: String

    /// Reports every tag; `outcome` is `nil` in a dry run.
    func report(_ plan: RetentionPlan, _ outcome: RetentionExecution.Outcome?) {
        var removals: [String: RetentionPlan.Removal] = [:]
        for removal in plan.removals {
            for tag in removal.tags { removals["\(removal.repository):\(tag)"] = removal }
        }
        var counts = (gone: 0, kept: 0)
        for (repository, target, damage) in plan.damage {
            let separator = if case .tag = target { ":" } else { "@" }
            let what = damage.user.map { "\($0) uses it, and it" } ?? "what it names"
            context.report(
                .failed(
                    subject: "\(registry)/\(repository)\(separator)\(target)",
                    type: "unreadable",
                    message: "\(what) cannot be read, so '\(repository)' is kept whole",
                    details: [damage.reason]
                )
            )
        }
        for entry in plan.entries {
            let key = "\(entry.repository):\(entry.tag)"
            let subject = "\(registry)/\(key)"
            switch entry.verdict {
            case .kept(let reason):
                counts.kept += 1
                context.report(.passed(subject: subject, type: "kept", message: reason))
            case .omitted(let reason):
                counts.kept += 1
                context.report(.notInPlan(subject: subject, message: reason))
            case .dangling:
                context.report(
                    .skipped(subject: subject, type: "dangling", message: "the registry lists it, and has nothing that it names")
                )
            case .removed(let reason):
                switch report(subject, key, reason, removals[key], outcome) {
                case true?: counts.gone += 1
                case false?: counts.kept += 1
                case nil: break
                }
            }
        }
        let verb = outcome == nil ? "would go" : "went"
        context.report(
            .passed(
                subject: registry,
                type: outcome == nil ? "planned" : "applied",
                message:
                    "\(counts.gone) \(counts.gone == 1 ? "tag" : "tags") \(verb), \(counts.kept) \(counts.kept == 1 ? "stays" : "stay")"
            )
        )
    }

    /// Reports a tag that was to go; says whether it went, `nil` where that is not known, and where somebody else deleted it.
    private func report(
        _ subject: String,
        _ key: String,
        _ reason: String,
        _ removal: RetentionPlan.Removal?,
        _ outcome: RetentionExecution.Outcome?
    ) -> Bool? {
        var details = removal?.details ?? []
        guard let outcome else {
            details += (removal?.companions ?? []).map { "\($0), which belongs to it, goes with it" }
            context.report(.passed(subject: subject, type: "would-remove", message: reason, details: details))
            return true
        }
        let companions = outcome.companions[key] ?? []
        details += companions
        var isGone: Bool? = true
        switch outcome.verdicts[key] ?? .failed("nothing became of it") {
        case .removed:
            context.report(.passed(subject: subject, type: "removed", message: reason, details: details))
        case .absent:
            context.report(
                .skipped(
                    subject: subject,
                    type: "gone",
                    message: "somebody else deleted it meanwhile",
                    details: ["it was to go: \(reason)"] + companions
                )
            )
            isGone = nil
        case .spared(let obstacle):
            context.report(.passed(subject: subject, type: "kept", message: obstacle, details: ["it was to go: \(reason)"]))
            return false
        case .failed(let failure):
            context.report(.error(subject: subject, type: "not-removed", message: failure, details: ["it was to go: \(reason)"]))
            return false
        case .unknown(let failure):
            context.report(.error(subject: subject, type: "unknown", message: failure, details: ["it was to go: \(reason)"]))
            return nil
        }
        for failure in outcome.failures[key] ?? [] {
            context.report(.error(subject: subject, type: "left-behind", message: failure))
        }
        return isGone
    }
}
