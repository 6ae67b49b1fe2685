import HookKit
import Runner

/// What the page's template shows: names and values, and the data of its script.
struct HTMLPage {
    private let result: RunResult
    private let history: RecordedTags?

    /// Makes the page of a run.
    init(_ result: RunResult, _ history: RecordedTags?) {
        self.result = result
        self.history = history
    }

    /// The values by the names that the template has for them, ready to stand in it as they are.
    ///
    /// The template's own escaping looks at whole characters, and a browser does not.
    var values: [String: Any] {
        var values = HTMLText.escaped(texts)
        values["style"] = String(decoding: PackageResources.report_css, as: UTF8.self)
        values["script"] = String(decoding: PackageResources.report_js, as: UTF8.self)
        values["data"] = String(decoding: HarmlessJSON.bytes(HTMLData(result, history).json, withinMarkup: true), as: UTF8.self)
        return values
    }

    private var texts: [String: Any] {
        let run = result.run
        let totals = RunTotals(result)
        return [
            "nonce": nonce,
            "pipeline": VisibleText.line(run.pipeline, limit: 200),
            "verdict": result.exitCode.meaning,
            "verdictKind": verdictKind,
            "exitCode": Int(result.exitCode.rawValue),
            "isDryRun": run.isDryRun,
            "facts": facts,
            "figures": figures(totals),
            "stages": stages,
            "version": VisibleText.line(run.version, limit: 100),
            "failures": failures.prefix(200).map { $0 },
            "moreFailures": max(0, failures.count - 200),
            "hasMoreFailures": failures.count > 200,
        ]
    }

    /// What lets the page's own script and style be used, and no other; no text in the page can know it before the run.
    private var nonce: String {
        "hook"
            + String(
                result.run.build.run.unicodeScalars.filter {
                    $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                }
                .map(Character.init)
            )
    }

    private var verdictKind: String {
        switch result.exitCode {
        case .success: "passed"
        case .findingsFailed: "failed"
        case .interrupted: "interrupted"
        default: "error"
        }
    }

    private func fact(_ name: String, _ value: String, isCode: Bool = false) -> [String: Any] {
        ["name": name, "value": VisibleText.line(value, limit: 600), "isCode": isCode]
    }

    private var facts: [[String: Any]] {
        let run = result.run
        var facts = [fact("started", run.started.description), fact("took", result.duration.readableText)]
        facts.append(fact("build", run.build.shortDescription))
        if let file = run.file { facts.append(fact("file", file, isCode: true)) }
        if let plan = run.plan { facts.append(fact("plan", plan.reportText)) }
        for engine in result.engines { facts.append(fact("engine", engine.reportText)) }
        return facts
    }

    private func figure(_ value: String, _ name: String, _ kind: String) -> [String: Any] {
        ["value": value, "name": name, "kind": kind]
    }

    private func figures(_ totals: RunTotals) -> [[String: Any]] {
        let failed = totals.findings[.failed]
        let errors = totals.findings[.error] + result.stages.count { if case .failed = $0.ending { true } else { false } }
        var figures: [[String: Any]] = []
        if errors > 0 { figures.append(figure(String(errors), errors == 1 ? "error" : "errors", "error")) }
        figures.append(figure(String(failed), "failed", failed > 0 ? "failed" : "none"))
        figures.append(figure(String(totals.findings[.passed]), "passed", "passed"))
        if totals.findings[.skipped] > 0 { figures.append(figure(String(totals.findings[.skipped]), "skipped", "skipped")) }
        if totals.reclaimed > .zero { figures.append(figure(totals.reclaimed.description, "given back", "space")) }
        if let planned = totals.planned { figures.append(figure(planned.description, "would be given back", "planned")) }
        return figures
    }

    private var stages: [[String: Any]] {
        let longest = result.stages.map(\.duration).max() ?? .zero
        return result.stages.map { stage in
            let verdict = StageVerdict(stage)
            var note = ""
            switch stage.ending {
            case .completed: note = stage.findings.isEmpty ? "nothing found" : ""
            case .skipped(let reason): note = reason.isEmpty ? "skipped" : "skipped: \(VisibleText.line(reason, limit: 600))"
            case .interrupted: note = "interrupted"
            case .failed(let type, let message, _):
                note = "\(VisibleText.line(type, limit: 100)): \(VisibleText.line(message, limit: 2000))"
            }
            let counts = FindingCounts(stage.findings)
            let words: [(Finding.Outcome, String)] = [
                (.error, counts[.error] == 1 ? "error" : "errors"), (.failed, "failed"), (.passed, "passed"), (.skipped, "skipped"),
            ]
            var space = stage.reclaimed > .zero ? "\(stage.reclaimed) given back" : ""
            if let planned = PlannedSpace.of(stage) { space = "\(planned) planned" }
            let share = longest > .zero ? Int((stage.duration / longest * 100).rounded()) : 0
            return [
                "number": stage.stage.number,
                "name": VisibleText.line(stage.stage.name, limit: 300),
                "rule": VisibleText.line(stage.stage.rule, limit: 100),
                "isDryRun": stage.stage.isDryRun,
                "verdict": verdict.rawValue,
                "sign": OutcomeSign(verdict).text,
                "note": note,
                "hasNote": !note.isEmpty,
                "counts": words.filter { counts[$0.0] > 0 }.map {
                    ["count": counts[$0.0], "word": $0.1, "outcome": $0.0.rawValue] as [String: Any]
                },
                "space": space,
                "time": verdict == .skipped ? "" : stage.duration.readableText,
                "share": verdict == .skipped ? 0 : max(1, share),
            ]
        }
    }

    /// What failed, for those who read the page without its script.
    private var failures: [[String: Any]] {
        result.stages.flatMap { stage in
            stage.findings.filter { $0.outcome == .failed || $0.outcome == .error }.map { finding in
                [
                    "type": VisibleText.line(finding.type, limit: 100),
                    "subject": VisibleText.line(finding.subject, limit: 600),
                    "message": VisibleText.line(finding.message, limit: 2000),
                    "remedy": finding.remedy.map { VisibleText.line($0, limit: 4000) } ?? "",
                    "hasRemedy": finding.remedy != nil,
                ] as [String: Any]
            }
        }
    }
}
