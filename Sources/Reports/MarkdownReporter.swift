import HookKit
package import Runner

/// Writes a run as Markdown, for job summaries and comments on merge requests.
///
/// What failed stands there with its evidence and its remedy, the rest is counted. The document is bounded, so that it fits into a comment on
/// GitHub (65,536 characters) and a job summary (1 MiB); what is left out is said. No text from outside is markup, a link, a mention or a quick
/// action, and none begins a line.
package struct MarkdownReporter: Reporter {
    /// How many bytes the document has at most.
    static let limit = 60_000
    /// How many bytes the tables may take, so that what failed has room.
    private static let tableLimit = 20_000
    private static let detailsPerFinding = 8

    /// Makes a reporter.
    package init() {}

    /// It has who uses a registry's storage.
    package var showsEvidence: Bool { true }

    /// Gives the whole document when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        let head = Self.head(result) + Self.stages(result)
        let tail = MarkdownStorage.lines(result) + Self.counts(result)
        let room = Self.limit - Self.size(head) - Self.size(tail)
        return TextReporter.bytes(head + Self.failures(result, room: room) + tail)
    }

    private static func size(_ lines: [String]) -> Int { lines.reduce(0) { $0 + $1.utf8.count + 1 } }

    private static func sign(_ code: RunExitCode) -> String { code == .success ? "✓" : code == .findingsFailed ? "✗" : "!" }

    private static func head(_ result: RunResult) -> [String] {
        let run = result.run
        var lines = [
            "## \(sign(result.exitCode)) \(MarkdownText.prose(run.pipeline, limit: 200)): \(result.exitCode.meaning)", "",
            RunText.totals(result).joined(separator: " · ") + ".",
        ]
        if run.isDryRun { lines.append("Dry run: nothing was changed.") }
        switch run.plan {
        case nil: break
        case .writes(let name)?:
            guard case .written(let changes, _)? = result.plan else { break }
            lines.append("The plan \(MarkdownText.code(name)) has \(changes) change\(changes == 1 ? "" : "s").")
        case .carriesOut(let name)?: lines.append("This run carries out the plan \(MarkdownText.code(name)).")
        }
        return lines + [""]
    }

    private static func stages(_ result: RunResult) -> [String] {
        var lines = ["| | stage | rule | findings | space | time |", "|---|---|---|---|---:|---:|"]
        var left = tableLimit
        for (index, stage) in result.stages.enumerated() {
            let row = row(stage)
            left -= row.utf8.count
            guard left > 0 else {
                lines += ["", "… \(result.stages.count - index) more stages."]
                break
            }
            lines.append(row)
        }
        return lines + [""]
    }

    private static func row(_ stage: StageResult) -> String {
        let verdict = StageVerdict(stage)
        var found = FindingCounts(stage.findings).text ?? ""
        switch stage.ending {
        case .completed: if stage.findings.isEmpty { found = "nothing found" }
        case .skipped(let reason): found = "skipped" + (reason.isEmpty ? "" : ": " + MarkdownText.prose(reason, limit: 300))
        case .interrupted: found = ["interrupted", found].filter { !$0.isEmpty }.joined(separator: "; ")
        case .failed(let type, _, _): found = [MarkdownText.prose(type, limit: 100), found].filter { !$0.isEmpty }.joined(separator: "; ")
        }
        var space: [String] = []
        if stage.reclaimed > .zero { space.append("\(stage.reclaimed) reclaimed") }
        if let planned = PlannedSpace.of(stage) { space.append("about \(planned) would be reclaimed") }
        let name = "\(stage.stage.number) \(MarkdownText.prose(stage.stage.name, limit: 200))" + (stage.stage.isDryRun ? " (dry run)" : "")
        let cells = [
            OutcomeSign(verdict).text, name, MarkdownText.code(stage.stage.rule, limit: 100, isCell: true), found,
            space.joined(separator: ", "), verdict == .skipped ? "" : stage.duration.readableText,
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    // MARK: What failed

    private static func failures(_ result: RunResult, room: Int) -> [String] {
        let heading = ["### What to look at", ""]
        var entries: [[String]] = []
        for stage in result.stages {
            guard case .failed(let type, let message, _) = stage.ending else { continue }
            let title = MarkdownText.prose(RunText.title(stage.stage), limit: 300)
            entries.append(["- ! **\(title)** could not be carried out: \(MarkdownText.prose("\(type): \(message)"))", ""])
        }
        for outcome in [Finding.Outcome.error, .failed] {
            for stage in result.stages {
                entries += stage.findings.lazy.filter { $0.outcome == outcome }.map { entry($0) }
            }
        }
        guard !entries.isEmpty else { return [] }
        var lines = heading
        // The last line must find its place too.
        var left = room - size(heading) - 200
        for (index, entry) in entries.enumerated() {
            left -= size(entry)
            guard left > 0 else {
                return lines + ["… \(entries.count - index) more are in the other reports; this one is kept short.", ""]
            }
            lines += entry
        }
        return lines
    }

    private static func entry(_ finding: Finding) -> [String] {
        let subject = finding.subject.isEmpty ? "(no subject)" : MarkdownText.code(finding.subject)
        let size = finding.bytes.map { $0 > .zero ? " (\($0))" : "" } ?? ""
        let type = MarkdownText.prose(finding.type, limit: 100)
        var lines = [
            "- \(OutcomeSign(finding.outcome).text) **\(type)** \(subject)\(size): \(MarkdownText.prose(finding.message))"
        ]
        lines += finding.details.prefix(detailsPerFinding).map { "  - " + MarkdownText.prose($0, limit: 500) }
        let missing = finding.details.count - detailsPerFinding
        if missing > 0 { lines.append("  - … \(missing) more") }
        if let remedy = finding.remedy { lines += [""] + MarkdownText.block(remedy, indent: "  ") }
        return lines + [""]
    }

    // MARK: The rest

    private struct Kind: Hashable {
        let stage: Int
        let outcome: Finding.Outcome
        let type: String
    }

    private static func counts(_ result: RunResult) -> [String] {
        var order: [Kind] = []
        var counts: [Kind: Int] = [:]
        for stage in result.stages {
            for finding in stage.findings where finding.outcome == .passed || finding.outcome == .skipped {
                let kind = Kind(stage: stage.stage.number, outcome: finding.outcome, type: finding.type)
                if counts[kind] == nil { order.append(kind) }
                counts[kind, default: 0] += 1
            }
        }
        guard !order.isEmpty else { return [] }
        var lines = ["### The rest, counted", "", "| stage | | type | findings |", "|---:|---|---|---:|"]
        var left = tableLimit
        for (index, kind) in order.enumerated() {
            let sign = OutcomeSign(kind.outcome).text
            let type = MarkdownText.code(kind.type, limit: 100, isCell: true)
            let row = "| \(kind.stage) | \(sign) | \(type) | \(counts[kind] ?? 0) |"
            left -= row.utf8.count
            guard left > 0 else { return lines + ["", "… \(order.count - index) more kinds.", ""] }
            lines.append(row)
        }
        return lines + [""]
    }
}
