import HookKit

/// The findings of a stage in the order in which a person reads them, the gravest first, with long lists cut short.
struct FoldedFindings {
    /// A line of the list.
    enum Entry {
        /// A finding.
        case finding(Finding)
        /// So many more of one type, or outcome, that are not shown.
        case more(Int, String)
    }

    /// The lines.
    private(set) var entries: [Entry] = []

    /// Folds findings: at most `loud` of those that failed or could not be carried out; of the rest, where it is more than `quiet`, the
    /// first few of each type; of what a dry run plans five times as many, because it is there to be read.
    init(_ findings: [Finding], loud: Int, quiet: Int) {
        for outcome in [Finding.Outcome.error, .failed] {
            let own = findings.filter { $0.outcome == outcome }
            add(own, shown: loud, name: outcome == .error ? "errors" : "failed")
        }
        let rest = findings.filter { $0.outcome == .passed || $0.outcome == .skipped }
        let planned = rest.filter(PlannedSpace.isPlanned)
        if rest.count - planned.count <= quiet, planned.count <= quiet * 5 {
            entries += rest.map(Entry.finding)
            return
        }
        var order: [Kind] = []
        var groups: [Kind: [Finding]] = [:]
        for finding in rest {
            let kind = Kind(outcome: finding.outcome, type: finding.type)
            if groups[kind] == nil { order.append(kind) }
            groups[kind, default: []].append(finding)
        }
        for kind in order {
            let own = groups[kind] ?? []
            add(own, shown: own.first.map(PlannedSpace.isPlanned) == true ? quiet * 5 : max(3, quiet / 4), name: kind.type)
        }
    }

    private struct Kind: Hashable {
        let outcome: Finding.Outcome
        let type: String
    }

    private mutating func add(_ findings: [Finding], shown: Int, name: String) {
        // A line that says "1 more" takes the place of the one that it leaves out.
        let count = findings.count <= shown + 1 ? findings.count : shown
        entries += findings.prefix(count).map(Entry.finding)
        if findings.count > count { entries.append(.more(findings.count - count, name)) }
    }
}
