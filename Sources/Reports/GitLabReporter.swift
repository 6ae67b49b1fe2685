import HookKit
package import Runner

/// Writes a run as a GitLab job's log: the text report with a section for each stage, closed where everything in it passed.
///
/// Source: GitLab's documentation of custom collapsible sections. GitLab shows beside a section how long it took, from its two times.
package struct GitLabReporter: Reporter {
    private let text: RunText

    /// Makes a reporter.
    package init(options: TextOptions) { text = RunText(options: options) }

    /// Gives a run's opening, each stage as a section, and the summary.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        switch event {
        case .runStarted(let run): return TextReporter.bytes(text.opening(run))
        case .stageFinished(let result): return text.shows(result) ? section(result) : []
        case .runFinished(let result): return TextReporter.bytes(text.closing(result))
        case .stageStarted, .progress, .log: return []
        }
    }

    private func section(_ result: StageResult) -> [UInt8] {
        let body = text.body(result)
        let heading = text.heading(result)
        guard !body.isEmpty else { return TextReporter.bytes(heading) }
        // Letters, digits, `_`, `.` and `-` are what a section's name may hold, so that the stage's own name is not used.
        let name = "hook_stage_\(result.stage.number)"
        let start = max(0, result.started.seconds)
        let end = start + max(0, result.duration.components.seconds)
        let options = StageVerdict(result) == .passed ? "[collapsed=true]" : ""
        let erase = "\u{1B}[0K"
        var lines = heading
        lines[0] = "\(erase)section_start:\(start):\(name)\(options)\r\(erase)\(heading[0])"
        return TextReporter.bytes(lines + body + ["\(erase)section_end:\(end):\(name)\r\(erase)"])
    }
}
