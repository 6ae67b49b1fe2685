import FileGlobs
import HookKit
import HookTesting
import Testing

@Suite struct FileGlobTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in [
            "a.yml", "deploy/b.yml", "deploy/c.json", "deploy/x/d.yml", "deploy/x/y/e.yml", "deploy/.hidden/f.yml", "we*ird/g.yml",
        ] {
            try directory.write("", to: name)
        }
    }

    private func files(_ text: String, in folder: String? = nil) throws -> [String] {
        let base = folder.map { directory[$0] } ?? directory.path
        return try FileGlob(ConfigPath(text, in: base)).files().map { String($0.dropFirst(base.count + 1)) }
    }

    @Test(arguments: [
        ("a.yml", ["a.yml"]), ("none.yml", []), ("*.yml", ["a.yml"]), ("deploy/*", ["deploy/b.yml", "deploy/c.json"]),
        ("deploy/*/*.yml", ["deploy/x/d.yml"]), ("deploy/**/*.yml", ["deploy/b.yml", "deploy/x/d.yml", "deploy/x/y/e.yml"]),
        ("deploy/**/y/*.yml", ["deploy/x/y/e.yml"]), ("**/[bd].yml", ["deploy/b.yml", "deploy/x/d.yml"]),
        ("none/**/*.yml", []), ("we\\*ird/g.yml", ["we*ird/g.yml"]),
    ]) func patternsNameFiles(_ pattern: String, _ expected: [String]) throws {
        #expect(try files(pattern) == expected)
    }

    @Test func theDirectoryIsNoPattern() throws {
        #expect(try files("*.yml", in: "we*ird") == ["g.yml"])
    }

    @Test(arguments: ["**", "a/**", "**/x/**/y.yml"]) func severalDepthsAreRefused(_ pattern: String) throws {
        let error = #expect(throws: FileGlobError.self) { try files(pattern) }
        #expect(error?.description == "cannot look for '\(pattern)': '**' may stand once in a path, with a file's name after it")
    }

    @Test func symbolicLinksAreNotFollowedIntoTheDepth() async throws {
        let linked = try await runProcess(["ln", "-s", "..", "deploy/x/up"], directory: directory.path)
        #expect(linked.exitCode == 0)
        #expect(try files("deploy/**/*.yml") == ["deploy/b.yml", "deploy/x/d.yml", "deploy/x/y/e.yml"])
    }
}
