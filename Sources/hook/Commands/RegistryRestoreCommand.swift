import ArgumentParser
import HookKit
import RegistryStorage
import Runner

/// `hook registry restore`: puts back what a run of `registry-gc` or `registry-delete` moved to the trash.
struct RegistryRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put back what a run moved to the trash.",
        discussion: """
            Tags, links and blobs go back to their places, one repository after the other, of each the blobs first. Where something else is in a place, \
            it stays, and what was there before stays in the trash; where the same is there already, its copy in the trash goes. What lacks something \
            stays in the trash with all that only it needs: what is missing may be in another run. Without --run the newest run is taken from which \
            something can come back.

            What comes back counts as written now: no collection takes it before its 'min-age' is over, also what no tag names. A SIGINT or SIGTERM stops \
            after the thing that is in hand; the same command goes on.

            Exit codes: 0 everything is back and every image has what it needs; 1 something stays in the trash, or an image lacks something; 69 \
            something could not be put back, or there is nothing to put back; 75 another run works on the directory; 130 interrupted.
            """
    )

    @Option(
        help: ArgumentHelp("The directory that holds 'docker/registry/v2', or that directory itself.", valueName: "dir"),
        completion: .directory
    )
    var root: String

    @Option(name: .customLong("run"), help: ArgumentHelp("The run, as its report names it.", valueName: "id"))
    var identifier: String?

    @Flag(help: "Say which runs can be put back, and change nothing.")
    var list = false

    func run() async throws {
        let code: RunExitCode
        do {
            let root = try StorageRoot(path: root)
            code = list ? try listRuns(of: root) : try await restore(root)
        } catch let error as RegistryStorageError {
            StandardStream.error.write("hook: error: \(error)\n")
            code = error.code == .busy ? .busy : .stageFailed
        } catch let error as Errno {
            StandardStream.error.write("hook: error: cannot look into the trash of '\(root)': \(error)\n")
            code = .stageFailed
        }
        if code != .success { throw ExitCode(code.rawValue) }
    }

    private func listRuns(of root: StorageRoot) throws -> RunExitCode {
        let trash = Trash(root: root)
        let runs = try trash.runs().filter { try trash.holdsAnything($0) }
        for run in runs {
            let (end, isBeyond) = run.started.addingReportingOverflow(run.period)
            let kept = isBeyond ? "" : ", kept until \(Timestamp(nanoseconds: end))"
            StandardStream.output.write("\(run.name)  began \(Timestamp(nanoseconds: run.started))\(kept)\n")
        }
        if runs.isEmpty { StandardStream.output.write("nothing in the trash of '\(root.basePath)'\n") }
        return .success
    }

    private func restore(_ root: StorageRoot) async throws -> RunExitCode {
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        // Nothing goes back before signals are heard: one that came before would end the process between two steps.
        let (start, begin) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            for await _ in start {}
            return try await restoreRun(of: root)
        }
        let signals = await TerminationSignals(erasesLine: false) {
            StandardStream.error.write("hook: interrupted: what is in hand is finished; the same signal again ends at once\n")
            work.cancel()
        }
        begin.finish()
        defer { withExtendedLifetime(signals) {} }
        return try await work.value
    }

    private func restoreRun(of root: StorageRoot) async throws -> RunExitCode {
        let trash = Trash(root: root)
        guard let run = try choose(from: trash, root) else { return .stageFailed }
        let restoration = try trash.restore(run)
        var text = ""
        for path in restoration.restored { text += "back: \(root.display(path))\n" }
        for path in restoration.present { text += "there already: \(root.display(path))\n" }
        for path in restoration.occupied { text += "stays in the trash, since something else is in its place: \(root.display(path))\n" }
        for path in restoration.withoutTag { text += "stays in the trash, since its tag is gone: \(root.display(path))\n" }
        for path in restoration.lacking { text += "stays in the trash, since something that it names is missing: \(root.display(path))\n" }
        for path in restoration.waiting { text += "stays in the trash, since what needs it stays there: \(root.display(path))\n" }
        let counts =
            "\(restoration.restored.count) put back\(restoration.present.isEmpty ? "" : ", \(restoration.present.count) there already")"
        StandardStream.output.write(text)
        for failure in restoration.failures {
            StandardStream.error.write("hook: error: \(root.display(failure.path)): \(failure.words)\n")
        }
        if restoration.isInterrupted || !restoration.failures.isEmpty {
            StandardStream.output.write("run \(run.name): \(counts), the rest left in the trash: the same command goes on\n")
            return restoration.failures.isEmpty ? .interrupted : .stageFailed
        }
        let lacking: [StorageProblem]
        do {
            lacking = try await problems(of: restoration, root)
        } catch is CancellationError {
            StandardStream.output.write(
                "run \(run.name): \(counts), \(restoration.leftCount) left in the trash; the images were not looked at\n"
            )
            return .interrupted
        }
        for problem in lacking {
            StandardStream.output.write("an image lacks something: \(root.display(problem.path)): \(problem.message)\n")
        }
        if !lacking.isEmpty {
            let repair = "hook rules run registry-check \(ShellWord.quoted("root=\(root.basePath)")) repair=true"
            StandardStream.output.write("what can be mended without guessing, this mends: \(repair)\n")
        }
        StandardStream.output.write("run \(run.name): \(counts), \(restoration.leftCount) left in the trash\n")
        return restoration.leftCount == 0 && lacking.isEmpty ? .success : .findingsFailed
    }

    /// The run that was asked for, or the newest from which something can come back; `nil` where there is none, which is said.
    private func choose(from trash: Trash, _ root: StorageRoot) throws -> Trash.Run? {
        let runs = try trash.runs()
        if let identifier {
            guard let run = runs.first(where: { $0.name.description == identifier }) else {
                let known = runs.isEmpty ? "nothing" : runs.map(\.name.description).joined(separator: ", ")
                StandardStream.error.write("hook: error: the trash of '\(root.basePath)' has no run '\(identifier)'; it holds \(known)\n")
                return nil
            }
            if try trash.holdsAnything(run) { return run }
            StandardStream.error.write("hook: error: nothing to put back: the run '\(identifier)' left nothing in the trash\n")
            return nil
        }
        let holding = try runs.reversed().filter { try trash.holdsAnything($0) }
        guard let newest = holding.first else {
            StandardStream.error.write("hook: error: nothing to put back: the trash of '\(root.basePath)' is empty\n")
            return nil
        }
        // Where nothing of any run can come back, the newest says why.
        let chosen = try holding.first { try trash.canRestoreAnything(of: $0) } ?? newest
        for run in holding where run > chosen {
            StandardStream.output.write("passed over, since nothing of it can come back: run \(run.name)\n")
        }
        return chosen
    }

    /// What images lack in the repositories that a restoration dealt with.
    private func problems(of restoration: Trash.Restoration, _ root: StorageRoot) async throws -> [StorageProblem] {
        let checker = StorageChecker(root: root, jobs: ProcessSurroundings.current().cores, depth: .afterSweep)
        return try await checker.confirm(try await checker.check()).broken.filter { problem in
            problem.repository.map { restoration.repositories.contains($0) } ?? true
        }
    }
}
