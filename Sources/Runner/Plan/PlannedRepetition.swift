import HookKit

/// Finds out what several dry runs would change: each looks at the world as it is, so that what one would remove the next would remove too.
struct PlannedRepetition {
    private let isOfUse: Bool
    private var seen: Set<PlannedChange.Key> = []

    /// Prepares for stages; where only one is a dry run, nothing is remembered.
    init(_ stages: [StageDescription]) {
        isOfUse = stages.count { $0.isDryRun } > 1
    }

    /// The stage with what an earlier one would give back as well.
    ///
    /// A change of a registry's directory says how much it gives back, and any other has a finding that does.
    mutating func count(_ result: StageResult, keepsChanges: Bool) -> StageResult {
        var repeated = ByteSize.zero
        if isOfUse, result.stage.isDryRun {
            var sizes: [String: ByteSize]?
            // What would go to the trash first is not given back, so that its finding has no bytes.
            let uncounted = Set(result.findings.lazy.filter { $0.type == "would-remove" && $0.bytes == nil }.map(\.subject))
            for change in result.changes where change.action != .runCommand && !seen.insert(change.key).inserted {
                if let text = change.state["bytes"]?.first, let bytes = Int64(text), bytes > 0 {
                    if uncounted.contains(change.subject) { continue }
                    repeated += ByteSize(bytes: bytes)
                } else if !change.target.hasPrefix("/") {
                    let all = sizes ?? Self.sizes(result.findings)
                    sizes = all
                    repeated += all[change.subject] ?? .zero
                }
            }
        }
        if repeated == .zero, keepsChanges || result.changes.isEmpty { return result }
        return StageResult(
            stage: result.stage,
            ending: result.ending,
            findings: result.findings,
            started: result.started,
            duration: result.duration,
            reclaimed: result.reclaimed,
            engine: result.engine,
            changes: keepsChanges ? result.changes : [],
            repeated: repeated,
            looks: result.looks
        )
    }

    private static func sizes(_ findings: [Finding]) -> [String: ByteSize] {
        let planned = findings.lazy.filter { $0.type == "would-remove" }.compactMap { finding in
            finding.bytes.map { (finding.subject, $0) }
        }
        return Dictionary(planned) { first, _ in first }
    }
}
