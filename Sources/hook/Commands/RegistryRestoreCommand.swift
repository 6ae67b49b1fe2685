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
            Tags, links and blobs go back to their places, the blobs first. Where something new is in a place, it stays, and what was there before stays \
            in the trash. What could not be put back keeps what needs it in the trash as well, and so does what is not there: it may be in another \
            run. Without --run the newest run that holds something is taken.

            Exit codes: 0 everything is back and every image has what it needs; 1 something stays in the trash, or an image lacks something; 69 \
            something could not be put back, or there is nothing to put back; 75 another run works on the directory.
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
        for run in try trash.runs() where try trash.holdsAnything(run) {
            let (end, isBeyond) = run.started.addingReportingOverflow(run.period)
            let kept = isBeyond ? "" : ", kept until \(Timestamp(nanoseconds: end))"
            StandardStream.output.write("\(run.name)  began \(Timestamp(nanoseconds: run.started))\(kept)\n")
        }
        return .success
    }

    private func restore(_ root: StorageRoot) async throws -> RunExitCode {
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        let trash = Trash(root: root)
        let runs = try trash.runs()
        guard let newest = try runs.last(where: { try trash.holdsAnything($0) }) else {
            StandardStream.error.write("hook: error: nothing to put back: the trash of '\(root.basePath)' is empty\n")
            return .stageFailed
        }
        let name = identifier ?? newest.name.description
        guard let run = runs.first(where: { $0.name.description == name }) else {
            let known = runs.map(\.name.description).joined(separator: ", ")
            StandardStream.error.write("hook: error: the trash of '\(root.basePath)' has no run '\(name)'; it holds \(known)\n")
            return .stageFailed
        }
        guard try trash.holdsAnything(run) else {
            StandardStream.error.write("hook: error: nothing to put back: the run '\(name)' took nothing out in the end\n")
            return .stageFailed
        }
        let checker = StorageChecker(root: root, jobs: 1, depth: .afterSweep)
        let before = Set(try await checker.check().broken)
        let restoration = try trash.restore(run)
        let lacking = try await checker.confirm(try await checker.check()).broken.filter { !before.contains($0) }
        var text = ""
        for path in restoration.restored { text += "back: \(root.display(path))\n" }
        for path in restoration.occupied { text += "stays in the trash, since something new is in its place: \(root.display(path))\n" }
        for path in restoration.withoutTag { text += "stays in the trash, since its tag is gone: \(root.display(path))\n" }
        for path in restoration.lacking { text += "stays in the trash, since something that it names is missing: \(root.display(path))\n" }
        for problem in lacking { text += "an image lacks something: \(root.display(problem.path)): \(problem.message)\n" }
        let left = restoration.occupied.count + restoration.withoutTag.count + restoration.lacking.count
        text += "run \(run.name): \(restoration.restored.count) put back, \(left) left in the trash\n"
        StandardStream.output.write(text)
        for failure in restoration.failures {
            StandardStream.error.write("hook: error: \(root.display(failure.path)): \(failure.error)\n")
        }
        if !restoration.failures.isEmpty { return .stageFailed }
        return left == 0 && lacking.isEmpty ? .success : .findingsFailed
    }
}
