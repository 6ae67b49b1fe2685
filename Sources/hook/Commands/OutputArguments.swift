import ArgumentParser
import HookKit
import PipelineFile
import Reports

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the results of a run go, for every command that runs rules.
struct OutputArguments: ParsableArguments {
    /// What standard output shows.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
        case github
        case gitlab
    }

    @Option(help: ArgumentHelp("Write a JUnit XML report.", valueName: "file"), completion: .file())
    var junit: String?

    @Option(help: ArgumentHelp("Write a JSON report.", valueName: "file"), completion: .file())
    var json: String?

    @Option(help: ArgumentHelp("Write an HTML report.", valueName: "file"), completion: .file())
    var html: String?

    @Option(help: ArgumentHelp("Write a Markdown report.", valueName: "file"), completion: .file())
    var markdown: String?

    @Option(help: ArgumentHelp("Write metrics in the Prometheus text format.", valueName: "file"), completion: .file())
    var metrics: String?

    @Option(help: "What standard output shows: text, json, github (workflow commands) or gitlab (sections).")
    var format: Format = .text

    @Flag(name: .shortAndLong, help: "Show only what failed and how the run ended; log only warnings; show no progress.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Show every finding with its details; log everything, and when each stage begins and ends.")
    var verbose = false

    func validate() throws {
        if quiet, verbose { throw ValidationError("'--quiet' and '--verbose' exclude each other") }
        for (format, path) in paths where path == "-" {
            let instead = format == .json ? "'--format json'" : "'--\(format.rawValue) /dev/stdout'"
            throw ValidationError("'--\(format.rawValue) -': '-' is no file; for standard output use \(instead)")
        }
    }

    private var paths: [(ReportFormat, String)] {
        [(ReportFormat.junit, junit), (.json, json), (.html, html), (.markdown, markdown), (.metrics, metrics)]
            .compactMap { format, path in path.map { (format, $0) } }
    }

    /// Opens the outputs; a report that cannot be written ends the command with exit code 78 before anything is run.
    ///
    /// `others` are the other files of the run, with what messages call them: a report must not take their place.
    func outputs(
        reports: [ReportFormat: ConfigPath],
        besides others: [(what: String, path: String)],
        in surroundings: ProcessSurroundings
    ) throws -> RunOutputs {
        let terminal = surroundings.standardError
        let verbosity: LogReporter.Verbosity = quiet ? .quiet : verbose ? .verbose : .normal
        let log = LogReporter(verbosity: verbosity, usesColour: terminal.allowsColor)
        var progress: ProgressReporter?
        if terminal.allowsDrawing, !quiet {
            // The terminal may be resized while a stage runs.
            let width: @Sendable () -> Int = { TerminalDescription.width(of: STDERR_FILENO) ?? 80 }
            let start = ContinuousClock.now
            progress = ProgressReporter(width: width, usesColour: terminal.allowsColor) { ContinuousClock.now - start }
        }
        var paths = reports.mapValues(\.absolute)
        for (format, path) in self.paths { paths[format] = ConfigPath(path, in: surroundings.workingDirectory).absolute }
        try Self.refuseSharedFiles(paths.map { ("\($0.key.rawValue) report", $0.value) }.sorted { $0.0 < $1.0 }, others)
        let full = json ?? junit ?? reports[.json]?.description ?? reports[.junit]?.description
        var outputs = RunOutputs(output: reporter(in: surroundings, fullReport: full), log: log, progress: progress)
        var opened: [ReportFile] = []
        // JSON comes last: what its exit code says holds for the others too, even where it goes into something that keeps what it got.
        let order = paths.sorted { ($0.key == .json ? 1 : 0, $0.key.rawValue) < ($1.key == .json ? 1 : 0, $1.key.rawValue) }
        for (format, path) in order {
            do throws(ReportFile.Failure) {
                let file = try ReportFile(path: path, runIdentifier: surroundings.runIdentifier)
                opened.append(file)
                outputs.add(Self.reporter(for: format), to: file)
            } catch {
                for index in opened.indices { opened[index].discard() }
                StandardStream.error.write("hook: error: \(error)\n")
                throw ExitCode(78)
            }
        }
        return outputs
    }

    /// One file for two things would leave one of them: that ends the command with exit code 78.
    private static func refuseSharedFiles(_ reports: [(what: String, path: String)], _ others: [(what: String, path: String)]) throws {
        var taken: [String: String] = [:]
        for (what, path) in others + reports where FileIdentity.kind(of: path) != .stream {
            let place = FileIdentity.resolved(path)
            if let other = taken[place] {
                StandardStream.error.write("hook: error: the \(what) '\(path)' cannot be written: it is the \(other) too\n")
                throw ExitCode(78)
            }
            taken[place] = what
        }
    }

    private func reporter(in surroundings: ProcessSurroundings, fullReport: String?) -> any Reporter {
        let terminal = surroundings.standardOutput
        let extent: TextOptions.Extent = quiet ? .failures : verbose ? .everything : .summary
        let options = TextOptions(width: terminal.width, usesColour: terminal.allowsColor, extent: extent, fullReport: fullReport)
        switch format {
        case .text: return TextReporter(options: options)
        case .json: return JSONReporter()
        case .github: return GitHubReporter(options: options)
        case .gitlab: return GitLabReporter(options: options)
        }
    }

    private static func reporter(for format: ReportFormat) -> any Reporter {
        switch format {
        case .junit: JUnitReporter()
        case .json: JSONReporter()
        case .html: HTMLReporter()
        case .markdown: MarkdownReporter()
        case .metrics: MetricsReporter()
        }
    }
}
