import HookKit
package import Runner

/// Writes the log's lines for standard error, down to a level.
package struct LogReporter: Reporter {
    /// How much is written.
    package enum Verbosity: Hashable, Sendable {
        /// Warnings.
        case quiet
        /// Warnings and information.
        case normal
        /// Everything, and where each stage begins and ends.
        case verbose
    }

    private let verbosity: Verbosity
    private let style: TextStyle

    /// Makes a reporter.
    package init(verbosity: Verbosity, usesColour: Bool) {
        self.verbosity = verbosity
        style = TextStyle(usesColour: usesColour)
    }

    /// Gives a line for each line of the log that is to be written.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        switch event {
        case .log(let level, let message, let stage): return shows(level) ? lines(level, message, stage: stage) : []
        case .stageStarted(let stage) where verbosity == .verbose: return lines(.debug, "begins", stage: stage)
        case .stageFinished(let result) where verbosity == .verbose:
            if case .skipped = result.ending { return [] }
            return lines(.debug, "ended after \(result.duration.readableText)", stage: result.stage)
        default: return []
        }
    }

    private func shows(_ level: RuleContext.LogLevel) -> Bool {
        switch level {
        case .warning: true
        case .info: verbosity != .quiet
        case .debug: verbosity == .verbose
        }
    }

    /// `warning: prune: the message`; further lines of one message stand behind a bar, so that none looks like a line of its own.
    private func lines(_ level: RuleContext.LogLevel, _ message: String, stage: StageDescription?) -> [UInt8] {
        let mark =
            switch level {
            case .warning: style(.yellow, "warning:") + " "
            case .info: ""
            case .debug: style(.dim, "debug:") + " "
            }
        let source = VisibleText.line(stage?.name ?? "hook", limit: 200) + ": "
        let lines = VisibleText.lines(message, limit: 10_000)
        return TextReporter.bytes(lines.enumerated().map { index, line in index == 0 ? mark + source + line : "  | " + line })
    }
}
