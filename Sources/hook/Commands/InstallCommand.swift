import ArgumentParser
import HookKit

/// `hook install`: lets git run a pipeline before each push.
struct InstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Let git run a pipeline before each push.",
        discussion: """
            Writes the pre-push hook of the repository that this directory lies in, where core.hooksPath says. A hook that is there already is kept, and \
            called first. A second time nothing changes. Stages for a push alone say 'when: { event: [pre-push] }'.
            """
    )

    @Argument(
        help: "The pipeline file. Default: the one that 'hook run' finds in the repository.",
        completion: .file(extensions: ["yml", "yaml"])
    )
    var file: String?

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        try await Self.report {
            let hook = try await PrePushHook.find(from: surroundings.workingDirectory)
            let pipeline = file.map { ConfigPath($0, in: surroundings.workingDirectory).absolute }
            let change = try hook.install(program: surroundings.executable, pipeline: pipeline)
            var text = change == .written ? "\(hook.path): written\n" : "\(hook.path): it is there already\n"
            if let file, let pipeline, FileIdentity.kind(of: pipeline) == .missing {
                text += "there is no \(file) yet: until there is one, nothing can be pushed\n"
            } else if file == nil, PipelineFileFinder.find(from: hook.root) == nil {
                text += "there is no \(PipelineFileFinder.names[0]) in \(hook.root) yet: until there is one, nothing can be pushed\n"
            }
            return text
        }
    }

    /// Prints what was done, or ends with exit code 69 and why it could not be.
    static func report(_ work: () async throws -> String) async throws {
        do {
            try StandardStream.show(try await work())
        } catch let failure as PrePushHook.Failure {
            StandardStream.error.write("hook: error: \(failure)\n")
            throw ExitCode(69)
        }
    }
}
