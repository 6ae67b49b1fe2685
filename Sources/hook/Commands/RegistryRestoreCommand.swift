import ArgumentParser
import HookKit
import RegistryStorage
import Runner

/// `hook registry restore`: puts back what a run of `registry-gc` or `registry-delete` moved to the trash.
struct RegistryRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put back what a run moved to the trash.",
        discussion: """
            Tags, links and blobs go back to their places, the blobs first. Where something new is in a place, it stays, and what was there before stays \
            in the trash. Without --run the newest run is taken.

            Exit codes: 0 everything is back; 1 something new was in a place; 69 something could not be put back, or there is nothing to put back; 75 \
            another run works on the directory.
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

    func run() throws {
        let code: RunExitCode
        do {
            let root = try StorageRoot(path: root)
            code = list ? try listRuns(of: root) : try restore(root)
        } catch let error as RegistryStorageError {
            StandardStream.error.write("hook: error: \(error)\n")
            code = error.code == .busy ? .busy : .stageFailed
        }
        if code != .success { throw ExitCode(code.rawValue) }
    }

    private func listRuns(of root: StorageRoot) throws -> RunExitCode {
        for run in try Trash(root: root).runs() {
            let (end, isBeyond) = run.started.addingReportingOverflow(run.period)
            let kept = isBeyond ? "" : ", kept until \(Timestamp(nanoseconds: end))"
            StandardStream.output.write("\(run.name)  began \(Timestamp(nanoseconds: run.started))\(kept)\n")
        }
        return .success
    }

    private func restore(_ root: StorageRoot) throws -> RunExitCode {
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        let trash = Trash(root: root)
        let runs = try trash.runs()
        guard let newest = runs.last else {
            StandardStream.error.write("hook: error: nothing to put back: the trash of '\(root.basePath)' is empty\n")
            return .stageFailed
        }
        let name = identifier ?? newest.name.description
        guard let run = runs.first(where: { $0.name.description == name }) else {
            let known = runs.map(\.name.description).joined(separator: ", ")
            StandardStream.error.write("hook: error: the trash of '\(root.basePath)' has no run '\(name)'; it holds \(known)\n")
            return .stageFailed
        }
        let restoration = try trash.restore(run)
        var text = ""
        for path in restoration.restored { text += "back: \(root.display(path))\n" }
        for path in restoration.occupied { text += "stays in the trash, since something new is in its place: \(root.display(path))\n" }
        text += "run \(run.name): \(restoration.restored.count) put back, \(restoration.occupied.count) left in the trash\n"
        StandardStream.output.write(text)
        for failure in restoration.failures {
            StandardStream.error.write("hook: error: \(root.display(failure.path)): \(failure.error)\n")
        }
        if !restoration.failures.isEmpty { return .stageFailed }
        return restoration.occupied.isEmpty ? .success : .findingsFailed
    }
}
