import HookKit
import Runner

/// The parts of a run as text: how it begins, a stage's heading and body, how it ends.
struct RunText: Sendable {
    /// How the text is set.
    let options: TextOptions
    private let style: TextStyle

    /// Makes texts with these options.
    init(options: TextOptions) {
        self.options = options
        style = TextStyle(usesColour: options.usesColour)
    }

    /// Says whether a stage is shown, by how much of a run is.
    func shows(_ result: StageResult) -> Bool {
        guard options.extent == .failures else { return true }
        switch StageVerdict(result) {
        case .failed, .error, .interrupted: return true
        case .passed, .skipped: return false
        }
    }

    /// What stands above the first stage; nothing where only failures are shown.
    func opening(_ run: RunDescription) -> [String] {
        if options.extent == .failures { return [] }
        var parts: [String] = []
        if let file = run.file { parts.append(VisibleText.line(file, limit: 600)) }
        parts.append(Self.count(run.stages.count, "stage"))
        if run.isDryRun { parts.append("dry run: nothing will be changed") }
        if case .carriesOut? = run.plan, let text = run.plan?.reportText { parts.append(text) }
        return fitted(lead: "", title: VisibleText.line(run.pipeline, limit: 600), parts)
    }

    /// A stage's heading: sign, number, name, and how it ended.
    func heading(_ result: StageResult) -> [String] {
        let verdict = StageVerdict(result)
        let sign = OutcomeSign(verdict)
        var parts: [String] = []
        if result.stage.isDryRun, verdict != .skipped { parts.append("dry run") }
        switch result.ending {
        case .skipped(let reason): parts.append(reason.isEmpty ? "skipped" : "skipped: \(VisibleText.line(reason))")
        case .failed: parts.append("could not be carried out")
        case .interrupted: parts.append("interrupted")
        case .completed: if result.findings.isEmpty { parts.append("nothing found") }
        }
        if let counts = FindingCounts(result.findings).text { parts.append(counts) }
        if result.reclaimed > .zero { parts.append("\(result.reclaimed) reclaimed") }
        if let planned = PlannedSpace.of(result) { parts.append("about \(planned) would be reclaimed") }
        if verdict != .skipped { parts.append(result.duration.readableText) }
        return fitted(lead: style(sign.attribute, sign.text) + " ", title: Self.title(result.stage), parts)
    }

    /// What stands beneath a stage's heading: why it could not be carried out, and its findings.
    func body(_ result: StageResult) -> [String] {
        var lines: [String] = []
        if case .failed(let type, let message, _) = result.ending {
            let indent = 6
            let title = VisibleText.line(type, limit: 100)
            lines.append("  " + style(.red, "! " + (options.width.map { title.cut(toColumns: $0 - 4) } ?? title)))
            for line in VisibleText.lines(message, limit: 4000).flatMap({ $0.wrapped(toColumns: options.width.map { $0 - indent }) }) {
                lines.append(String(repeating: " ", count: indent) + line)
            }
        }
        let findings = options.extent == .failures ? result.findings.filter(FindingTable.isLoud) : result.findings
        return lines + FindingTable(findings, options: options).lines
    }

    /// What stands below the last stage: the engines that it was about, counts, space, the exit code's meaning and the next step.
    func closing(_ result: RunResult) -> [String] {
        let sign: OutcomeSign =
            switch result.exitCode {
            case .success: OutcomeSign(StageVerdict.passed)
            case .findingsFailed: OutcomeSign(StageVerdict.failed)
            case .interrupted: OutcomeSign(StageVerdict.interrupted)
            case .busy, .stageFailed, .internalError, .configuration: OutcomeSign(StageVerdict.error)
            }
        var verdict = "\(result.exitCode.meaning) (exit code \(result.exitCode.rawValue))"
        if let next = nextStep(result) { verdict += ": " + next }
        let lines = verdict.wrapped(toColumns: options.width.map { $0 - 2 })
        // Who removes things must see from where: another context, or another home, is another engine.
        let engines = result.engines.flatMap { engine in
            "engine: \(VisibleText.line(engine.reportText, limit: 600))".wrapped(toColumns: options.width.map { $0 - 2 })
                .enumerated().map { index, line in (index == 0 ? "" : "  ") + style(.dim, line) }
        }
        return engines + fitted(lead: "", title: nil, Self.totals(result))
            + lines.enumerated().map { index, line in (index == 0 ? style(sign.attribute, sign.text) + " " : "  ") + line }
    }

    /// The totals of a run, in parts: stages, findings, space, time.
    static func totals(_ result: RunResult) -> [String] {
        let totals = RunTotals(result)
        let words: [(StageVerdict, String)] = [
            (.error, "with errors"), (.interrupted, "interrupted"), (.failed, "failed"), (.passed, "passed"), (.skipped, "skipped"),
        ]
        let stages = words.compactMap { verdict, word in totals.verdicts[verdict].map { "\($0) \(word)" } }
        var parts = [count(result.stages.count, "stage") + (stages.isEmpty ? "" : ": " + stages.joined(separator: ", "))]
        parts.append(count(totals.findings.total, "finding") + (totals.findings.text.map { ": " + $0 } ?? ""))
        if totals.reclaimed > .zero { parts.append("\(totals.reclaimed) reclaimed") }
        if let planned = totals.planned { parts.append("about \(planned) would be reclaimed") }
        parts.append(result.duration.readableText)
        return parts
    }

    /// A stage's number and name, with its rule where the name is another.
    static func title(_ stage: StageDescription) -> String {
        let name = "\(stage.number) \(VisibleText.line(stage.name, limit: 600))"
        return stage.name == stage.rule ? name : "\(name) (\(VisibleText.line(stage.rule, limit: 100)))"
    }

    private func nextStep(_ result: RunResult) -> String? {
        let own = ownNextStep(result)
        let plan = planStep(result)
        let parts = [plan != nil && result.exitCode == .success ? nil : own, plan, dryRunNote(result)].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// Which stages change nothing in any run, because the pipeline file says so; `nil` where there are none, or the run has other troubles.
    private func dryRunNote(_ result: RunResult) -> String? {
        guard [.success, .findingsFailed].contains(result.exitCode), let file = result.run.file else { return nil }
        let names = Self.dryRunsByFile(result).map { "'\(VisibleText.line($0.stage.name, limit: 100))'" }
        guard let last = names.last else { return nil }
        let place = "taken out of \(VisibleText.line(file, limit: 600))"
        if names.count == 1 { return "the stage \(last) changes nothing before its 'dry-run: true' is \(place)" }
        let listed = names.count > 5 ? names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) more" : nil
        let all = listed ?? names.dropLast().joined(separator: ", ") + " and \(last)"
        return "the stages \(all) change nothing before their 'dry-run: true' is \(place)"
    }

    /// The stages that were looked at and are dry runs by the pipeline file.
    private static func dryRunsByFile(_ result: RunResult) -> [StageResult] {
        result.stages.filter { $0.stage.isDryRunByFile && StageVerdict($0) != .skipped && !$0.findings.isEmpty }
    }

    /// How a plan that was written is carried out.
    private func planStep(_ result: RunResult) -> String? {
        guard case .writes(let name)? = result.run.plan, let plan = result.plan else { return nil }
        switch plan {
        case .notWritten: return "no plan was written, as standard error says"
        case .written(0, _): return "the plan \(VisibleText.line(name, limit: 600)) has nothing to carry out"
        case .written(let changes, let command):
            return "\(VisibleText.line(command, limit: 2000)) carries out its \(Self.count(changes, "change"))"
        }
    }

    private func ownNextStep(_ result: RunResult) -> String? {
        guard result.exitCode != result.workExitCode else { return workNextStep(result) }
        let own = result.workExitCode == .success ? nil : workNextStep(result)
        return ["a report could not be written, as standard error says", own].compactMap(\.self).joined(separator: "; ")
    }

    /// What to do next, but for the reports.
    private func workNextStep(_ result: RunResult) -> String? {
        if result.workExitCode == .success, result.run.isDryRun {
            if result.run.stages.allSatisfy(\.isDryRunByFile) { return nil }
            let what = Self.dryRunsByFile(result).isEmpty ? "it" : "the other stages"
            return "run without --dry-run to carry \(what) out"
        }
        // Of a plan that could not be written no stage tells: standard error does.
        let isPlanAlone = result.plan == .notWritten && !result.stages.contains { StageVerdict($0) == .error }
        let hasFailures = result.stages.contains { $0.findings.contains { $0.outcome == .failed } }
        let code = isPlanAlone && result.workExitCode == .stageFailed ? hasFailures ? .findingsFailed : .success : result.workExitCode
        return code.nextStep(
            hasRemedies: result.stages.contains { $0.findings.contains { $0.outcome == .failed && $0.remedy != nil } }
        )
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// A title and its parts on one line, or where that is too narrow on several, broken between parts first.
    private func fitted(lead: String, title: String?, _ parts: [String]) -> [String] {
        var lines: [String] = []
        var line = title.map { style(.bold, $0) } ?? ""
        var used = (lead.isEmpty ? 0 : 2) + ColumnWidth.of(title ?? "")
        for part in parts {
            let separator = used == 0 ? "" : " · "
            let width = separator.count + ColumnWidth.of(part)
            guard let limit = options.width, used + width > limit else {
                line += style(.dim, separator + part)
                used += width
                continue
            }
            if used > 0 { lines.append(line) }
            let pieces = part.wrapped(toColumns: limit - 2)
            for piece in pieces.dropLast() { lines.append("  " + style(.dim, piece)) }
            line = "  " + style(.dim, pieces[pieces.count - 1])
            used = 2 + ColumnWidth.of(pieces[pieces.count - 1])
        }
        lines.append(line)
        lines[0] = lead + lines[0]
        return lines
    }
}
