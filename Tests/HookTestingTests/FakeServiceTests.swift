import HookKit
import HookTesting
import Testing

struct FakeServiceTests {
    @Test(arguments: [
        (["make", "all"], 2),
        (["/bin/sh", "-c", "exit 3"], 3),
        (["bash", "-euc", "exit 3", "name"], 3),
        (["git", "-c", "exit 3"], 1),
    ])
    func commandEndsAsTheWorldSays(arguments: [String], code: Int) async throws {
        let runner = FakeCommandRunner(ExampleWorld(commands: ["make": 2, "exit 3": 3, "git": 1]))
        let command = Command(arguments: arguments, directory: "/")
        #expect(try await runner.run(command) { _ in }.status == .exited(code))
        #expect(runner.commands == [command])
    }

    @Test func unknownCommandCannotBeStarted() async throws {
        let runner = FakeCommandRunner(ExampleWorld())
        await #expect(throws: CommandError("cannot run 'make': there is no such program in PATH")) {
            try await runner.run(Command(arguments: ["make"], directory: "/")) { _ in }
        }
    }

    @Test(arguments: [
        ("build/*.tar", ["/project/build/a.tar", "/project/build/b.tar"]),
        ("./build/a.tar", ["/project/build/a.tar"]),
        ("*.tar", []),
        ("/srv/*.tar", ["/srv/c.tar"]),
    ])
    func archivesAreFoundByPathAndGlob(pattern: String, files: [String]) async throws {
        let contents = ImageArchiveContents(format: .docker, images: [])
        let archives = FakeImageArchives([
            "build/a.tar": contents, "build/b.tar": contents, "build/.hidden.tar": contents, "/srv/c.tar": contents,
        ])
        #expect(try await archives.files(matching: ConfigPath(pattern, in: RuleExampleSuite.directory)) == files)
        for file in files { #expect(try await archives.contents(of: file) == contents) }
    }
}
