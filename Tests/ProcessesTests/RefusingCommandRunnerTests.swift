import HookKit
import Processes
import Testing

@Suite struct RefusingCommandRunnerTests {
    @Test(arguments: [
        (["make", "clean"], "make clean"), (["/bin/sh", "-e", "-c", "make\nmake clean"], "/bin/sh -e -c make ..."),
    ]) func noCommandIsRun(_ arguments: [String], _ name: String) async throws {
        await #expect(throws: CommandError("a dry run runs no command, so '\(name)' was not run")) {
            try await RefusingCommandRunner().run(Command(arguments: arguments, directory: "/")) { line in Issue.record("wrote '\(line)'") }
        }
    }
}
