import Reports
import Runner

/// Where the events of a run go: standard output, standard error, and the files of reports.
struct RunOutputs {
    private struct File {
        var reporter: any Reporter
        var file: ReportFile
        var bytes: [UInt8] = []
    }

    private var output: any Reporter
    private var log: LogReporter
    private var progress: ProgressReporter?
    private var files: [File] = []
    /// What kept standard output from being written; what it has then is broken off.
    private var outputFailure: StandardStream.Failure?

    /// Prepares the outputs.
    ///
    /// - Parameters:
    ///   - output: what standard output shows.
    ///   - log: what standard error shows.
    ///   - progress: what standard error shows while a stage runs, where it is a terminal.
    init(output: any Reporter, log: LogReporter, progress: ProgressReporter?) {
        self.output = output
        self.log = log
        self.progress = progress
    }

    /// Says whether the running stage is drawn, which `refresh` is to be called for.
    var drawsProgress: Bool { progress != nil }

    /// Adds a report's file; the files are written in the order in which they were added.
    mutating func add(_ reporter: any Reporter, to file: ReportFile) { files.append(File(reporter: reporter, file: file)) }

    /// Takes an event.
    mutating func receive(_ event: RunEvent) {
        // The drawing makes room for the lines of the log, and for what standard output shows at the end of a stage.
        let lines = log.receive(event)
        let erasing = lines.isEmpty ? [] : progress?.erase() ?? []
        StandardStream.error.write(erasing + lines + (progress?.receive(event) ?? []))
        show(output.receive(event))
        for index in files.indices { files[index].bytes += files[index].reporter.receive(event) }
    }

    /// Whether one of the reports shows what the ledger knows of tags.
    var showRecordedTags: Bool { files.contains { $0.reporter.showsRecordedTags } }

    /// Whether one of the reports shows findings' evidence.
    var showEvidence: Bool { output.showsEvidence || files.contains { $0.reporter.showsEvidence } }

    /// Takes what the ledger knows of tags, before the run's last event.
    mutating func receive(_ history: RecordedTags) {
        for index in files.indices { files[index].reporter.receive(history) }
    }

    /// Draws the running stage anew.
    mutating func refresh() { StandardStream.error.write(progress?.refresh() ?? []) }

    /// Says that a signal has come, and what is done now.
    mutating func interrupt() {
        let text = "hook: interrupted: what is in hand is finished, then the reports are written; the same signal again ends at once\n"
        StandardStream.error.write((progress?.erase() ?? []) + Array(text.utf8))
    }

    /// Leaves the files as they were.
    mutating func discard() { for index in files.indices { files[index].file.discard() } }

    /// Takes the end of the run, and gives back the exit code.
    ///
    /// The files are written first, so that standard output and the files after one that cannot be written say which exit code comes of that.
    mutating func finish(_ result: RunResult) -> RunExitCode {
        var result = result
        result.lacksReport = outputFailure != nil
        for index in files.indices {
            files[index].bytes += files[index].reporter.receive(.runFinished(result))
            do throws(ReportFile.Failure) {
                try files[index].file.commit(files[index].bytes)
            } catch {
                refuse(error.description)
                result.lacksReport = true
            }
        }
        let lines = log.receive(.runFinished(result))
        let erasing = lines.isEmpty ? [] : progress?.erase() ?? []
        StandardStream.error.write(erasing + lines + (progress?.receive(.runFinished(result)) ?? []))
        show(output.receive(.runFinished(result)))
        if let outputFailure {
            refuse(outputFailure.description)
            result.lacksReport = true
        }
        return result.exitCode
    }

    private mutating func show(_ bytes: [UInt8]) {
        if outputFailure == nil { outputFailure = StandardStream.output.write(bytes) }
    }

    private mutating func refuse(_ message: String) {
        StandardStream.error.write((progress?.erase() ?? []) + Array("hook: error: \(message)\n".utf8))
    }
}
