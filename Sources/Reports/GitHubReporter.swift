import HookKit
package import Runner

/// Writes a run as the log of a GitHub Actions step: the text report in groups, and annotations.
///
/// Source: workflow commands, as actions/runner reads them in `ActionCommand.cs`: `::name property=value::data` where a line begins with it,
/// and the older `##[name]data` anywhere in a line. No text from outside can become one.
package struct GitHubReporter: Reporter {
    private let text: RunText
    private var annotations: [Level: Int] = [:]
    private var omitted: [Level: Int] = [:]

    /// Makes a reporter.
    package init(options: TextOptions) { text = RunText(options: options) }

    /// Gives a group for each stage with its annotations behind it, and the summary.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        switch event {
        case .runStarted(let run): return TextReporter.bytes(text.opening(run).map(Self.inert))
        case .stageFinished(let result): return text.shows(result) ? TextReporter.bytes(group(result) + findings(result)) : []
        case .log(.warning, let message, let stage):
            return TextReporter.bytes(annotate(.warning, title: stage.map(RunText.title) ?? "hook", message))
        case .runFinished(let result):
            let notice = Self.command(.notice, title: result.run.pipeline, RunText.totals(result).joined(separator: " · "))
            return TextReporter.bytes(remainder() + text.closing(result).map(Self.inert) + [notice])
        case .stageStarted, .progress, .log: return []
        }
    }

    private enum Level: String {
        case error, warning, notice
    }

    /// GitHub keeps ten annotations of each level for a step and drops the rest without a word; the last one counts the others.
    private static let limit = 9

    private func group(_ result: StageResult) -> [String] {
        let body = text.body(result)
        let heading = text.heading(result)
        guard !body.isEmpty else { return heading.map(Self.inert) }
        // A heading too long for the terminal's width is one line here, without colours, which a group's title does not show.
        let title = RunText(options: TextOptions()).heading(result).joined(separator: " ")
        return ["::group::" + Self.escapedData(title)] + body.map(Self.inert) + ["::endgroup::"]
    }

    private mutating func findings(_ result: StageResult) -> [String] {
        let title = RunText.title(result.stage)
        var lines: [String] = []
        switch result.ending {
        case .failed(let type, let message, _): lines += annotate(.error, title: "\(title): \(type)", message)
        case .interrupted: lines += annotate(.warning, title: title, "the run was interrupted while this stage ran")
        case .completed, .skipped: break
        }
        for finding in result.findings where finding.outcome == .failed || finding.outcome == .error {
            var message = ["\(finding.subject): \(finding.message)"] + finding.details.prefix(12)
            if finding.details.count > 12 { message.append("… \(finding.details.count - 12) more details") }
            if let remedy = finding.remedy { message.append("→ " + remedy) }
            lines += annotate(.error, title: "\(title): \(finding.type)", message.joined(separator: "\n"))
        }
        return lines
    }

    private mutating func annotate(_ level: Level, title: String, _ message: String) -> [String] {
        guard annotations[level, default: 0] < Self.limit else {
            omitted[level, default: 0] += 1
            return []
        }
        annotations[level, default: 0] += 1
        return [Self.command(level, title: title, message)]
    }

    private func remainder() -> [String] {
        [Level.error, .warning].compactMap { level in
            omitted[level].map { Self.command(level, title: "hook", "\($0) more are in the step's log and in the reports") }
        }
    }

    private static func command(_ level: Level, title: String, _ message: String) -> String {
        let message = VisibleText.lines(message, limit: 4000).joined(separator: "\n")
        let title = title.isEmpty ? "hook" : escapedProperty(VisibleText.line(title, limit: 300))
        return "::\(level.rawValue) title=\(title)::\(escapedData(message))"
    }

    private static func escapedData(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": out += "%25"
            case "\r": out += "%0D"
            case "\n": out += "%0A"
            // A line that holds `##[` is read as a command too, wherever it stands.
            case "[" where out.hasSuffix("##"): out += " ["
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func escapedProperty(_ text: String) -> String {
        var out = ""
        for scalar in escapedData(text).unicodeScalars {
            switch scalar {
            case ":": out += "%3A"
            case ",": out += "%2C"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// The line, with a space in whatever the runner would take for a command.
    private static func inert(_ line: String) -> String {
        var out = ""
        var isStart = true
        for scalar in line.unicodeScalars {
            if scalar == "[", out.hasSuffix("##") { out += " " }
            if isStart, scalar == ":", out.hasSuffix(":") { out += " " }
            if !scalar.properties.isWhitespace, scalar != ":" { isStart = false }
            out.unicodeScalars.append(scalar)
        }
        return out
    }
}
