import ArgumentParser

/// `hook init`: writes what a user begins with.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a first pipeline file for this directory.",
        discussion: """
            Writes hook.yml, and for a repository on GitLab .gitlab-ci.yml. Nothing that is there is changed: what belongs into an existing .gitlab-ci.yml or \
            Jenkinsfile is printed.
            """,
        subcommands: [InitPluginCommand.self]
    )

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let remote = try? await PrePushHook.git(["remote", "get-url", "origin"], in: surroundings.workingDirectory)
        let text: String
        do throws(NewFile.Failure) {
            text = try StartingPoint(directory: surroundings.workingDirectory, remote: remote).write()
        } catch {
            StandardStream.error.write("hook: error: \(error)\n")
            throw ExitCode(69)
        }
        try StandardStream.show(text)
    }
}
