import HookKit

/// How many findings have each outcome.
struct FindingCounts {
    private var counts: [Finding.Outcome: Int] = [:]

    /// Counts nothing.
    init() {}

    /// Counts findings.
    init(_ findings: [Finding]) {
        for finding in findings { counts[finding.outcome, default: 0] += 1 }
    }

    /// How many have an outcome.
    subscript(outcome: Finding.Outcome) -> Int { counts[outcome] ?? 0 }

    /// How many there are.
    var total: Int { counts.values.reduce(0, +) }

    /// Adds others in place.
    static func += (left: inout FindingCounts, right: FindingCounts) {
        for (outcome, count) in right.counts { left.counts[outcome, default: 0] += count }
    }

    /// The counts in words, the gravest first, without those that are zero: `1 error, 2 failed, 30 passed`; `nil` where there is none.
    var text: String? {
        let words: [(Finding.Outcome, String)] = [
            (.error, self[.error] == 1 ? "error" : "errors"), (.failed, "failed"), (.passed, "passed"), (.skipped, "skipped"),
        ]
        let parts = words.filter { self[$0.0] > 0 }.map { "\(self[$0.0]) \($0.1)" }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
