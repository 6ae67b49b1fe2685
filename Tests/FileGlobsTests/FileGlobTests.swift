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
        ("deploy/*/*.yml", ["deploy/x/d.yml"]),
        ("deploy/**/*.yml", ["deploy/.hidden/f.yml", "deploy/b.yml", "deploy/x/d.yml", "deploy/x/y/e.yml"]),
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

    private static let depth = ["deploy/.hidden/f.yml", "deploy/b.yml", "deploy/x/d.yml", "deploy/x/y/e.yml"]

    private func link(_ name: String, to target: String) async throws {
        let linked = try await runProcess(["ln", "-s", target, name], directory: directory.path)
        #expect(linked.exitCode == 0)
    }

    @Test func symbolicLinksAreFollowedIntoTheDepthOnce() async throws {
        try await link("deploy/x/up", to: "..")
        try await link("deploy/a", to: "x")
        try await link("deploy/other", to: "../we*ird")
        try await link("deploy/nothing", to: "gone")
        // What is there under its own name is not named by a link.
        #expect(try files("deploy/**/*.yml") == (Self.depth + ["deploy/other/g.yml"]).sorted())
    }

    @Test func whatGitKeepsIsLeftOut() throws {
        try directory.write("", to: "deploy/.git/modules/f.yml")
        #expect(try files("deploy/**/*.yml") == Self.depth)
    }

    /// Whoever may read everything cannot be kept out; these links cannot be followed by anybody.
    @Test(arguments: [("../b.yml/inner", "not a directory"), ("broken", "too many levels of symbolic links")])
    func whatCannotBeLookedIntoIsAnError(_ target: String, _ reason: String) async throws {
        try await link("deploy/x/broken", to: target)
        let error = #expect(throws: FileGlobError.self) { try files("deploy/**/*.yml") }
        #expect(error?.description == "cannot look for 'deploy/**/*.yml': '\(directory["deploy/x/broken"])' cannot be read: \(reason)")
    }
}
