import Reports
import Runner

/// Where the events of a run go: standard output, standard error, and the files of reports.
struct RunOutputs {
    private struct File {
        var reporter: any Reporter
        var file: ReportFile
        var bytes: [UInt8] = []
        /// Says whether it cannot be written, or was written into something that keeps what it got.
        var isDone = false

        /// The whole report of a run that ended so.
        func report(_ result: RunResult) -> [UInt8] {
            var reporter = reporter
            return bytes + reporter.receive(.runFinished(result))
        }
    }

    /// The steps in which the files are written, each for all of them.
    private enum Step: CaseIterable {
        /// Contents go beside their places.
        case contents
        /// Contents go into what cannot be replaced.
        case streams
        /// What was written beside its place takes it.
        case places
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
    /// The files are written first, so that standard output says which exit code comes of that.
    mutating func finish(_ result: RunResult) -> RunExitCode {
        var result = result
        result.lacksReport = outputFailure != nil
        writeFiles(&result)
        let lines = log.receive(.runFinished(result))
        let erasing = lines.isEmpty ? [] : progress?.erase() ?? []
        StandardStream.error.write(erasing + lines + (progress?.receive(.runFinished(result)) ?? []))
        show(output.receive(.runFinished(result)))
        if let outputFailure {
            refuse(outputFailure.description)
            let wasKnown = result.lacksReport
            result.lacksReport = true
            if !wasKnown { writeFiles(&result) }
        }
        return result.exitCode
    }

    /// Writes the files so that all of them say the same exit code: none takes its place before the contents of all are on the disk.
    ///
    /// Where one cannot be written, the others are written anew, but for those that went into something that keeps what it got.
    private mutating func writeFiles(_ result: inout RunResult) {
        var lacked: Bool
        repeat {
            lacked = result.lacksReport
            for step in Step.allCases where result.lacksReport == lacked {
                for index in files.indices where !files[index].isDone { write(index, step, &result) }
            }
        } while result.lacksReport != lacked
    }

    private mutating func write(_ index: Int, _ step: Step, _ result: inout RunResult) {
        do throws(ReportFile.Failure) {
            switch (step, files[index].file.isStream) {
            case (.contents, false): try files[index].file.write(files[index].report(result))
            case (.streams, true):
                files[index].isDone = true
                try files[index].file.commit(files[index].report(result))
            case (.places, false): try files[index].file.putInPlace(files[index].report(result))
            default: break
            }
        } catch {
            files[index].isDone = true
            files[index].file.discard()
            refuse(error.description)
            result.lacksReport = true
        }
    }

    private mutating func show(_ bytes: [UInt8]) {
        if outputFailure == nil { outputFailure = StandardStream.output.write(bytes) }
    }

    private mutating func refuse(_ message: String) {
        StandardStream.error.write((progress?.erase() ?? []) + Array("hook: error: \(message)\n".utf8))
    }
}
