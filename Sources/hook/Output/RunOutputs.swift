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
    private var errors: [any Reporter]
    private var files: [File] = []

    /// Prepares the outputs.
    ///
    /// - Parameters:
    ///   - output: what standard output shows.
    ///   - errors: what standard error shows, such as the log and the progress.
    init(output: any Reporter, errors: [any Reporter]) {
        self.output = output
        self.errors = errors
    }

    /// Adds a report's file.
    mutating func add(_ reporter: any Reporter, to file: ReportFile) { files.append(File(reporter: reporter, file: file)) }

    /// Takes an event.
    mutating func receive(_ event: RunEvent) {
        for index in errors.indices { StandardStream.error.write(errors[index].receive(event)) }
        StandardStream.output.write(output.receive(event))
        for index in files.indices { files[index].bytes += files[index].reporter.receive(event) }
    }

    /// Leaves the files as they were.
    mutating func discard() { for index in files.indices { files[index].file.discard() } }

    /// Writes the files; says whether all of them are in their places.
    mutating func finish() -> Bool {
        var isWritten = true
        for index in files.indices {
            do throws(ReportFile.Failure) {
                try files[index].file.commit(files[index].bytes)
            } catch {
                StandardStream.error.write("hook: error: \(error)\n")
                isWritten = false
            }
        }
        return isWritten
    }
}
