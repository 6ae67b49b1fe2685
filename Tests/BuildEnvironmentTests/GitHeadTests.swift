import HookKit
import HookTesting
import Testing

@testable import BuildEnvironment

/// Repositories that git made.
@Suite(.timeLimit(.minutes(10))) struct GitHeadTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @discardableResult
    private func git(_ arguments: String..., in name: String = "repository") async throws -> String {
        let outcome = try await runProcess(
            ["git", "-C", directory[name], "-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always"] + arguments,
            environment: .inherited(changing: ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"])
        )
        try #require(outcome.exitCode == 0, "\(arguments.joined(separator: " ")): \(outcome)")
        return String(outcome.standardOutput.split(separator: "\n").first ?? "")
    }

    /// Makes a repository with one commit on `main`; the commit.
    private func makeRepository(_ options: String...) async throws -> String {
        try directory.makeDirectory("repository")
        let outcome = try await runProcess(["git", "init", "-q", "-b", "main"] + options + [directory["repository"]])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return try await commit()
    }

    private func commit() async throws -> String {
        try await git("commit", "-q", "--allow-empty", "-m", "c")
        return try await git("rev-parse", "HEAD")
    }

    private func head(in name: String = "repository", variables: [String: String] = [:]) -> GitHead? {
        GitHead.find(from: directory[name], variables: BuildVariables(variables))
    }

    @Test func branchAndCommitAreReadFromAnyDirectoryOfTheRepository() async throws {
        let commit = try await makeRepository()
        try directory.makeDirectory("repository/deep/er")
        #expect(head() == GitHead(commit: commit, branch: "main"))
        #expect(head(in: "repository/deep/er") == GitHead(commit: commit, branch: "main"))
        try await git("checkout", "-q", "-b", "feature/a.b-c")
        let second = try await self.commit()
        #expect(head() == GitHead(commit: second, branch: "feature/a.b-c"))
    }

    @Test func branchWithoutACommitHasNone() async throws {
        let outcome = try await runProcess(["git", "init", "-q", "-b", "trunk", directory["repository"]])
        #expect(outcome.exitCode == 0)
        #expect(head() == GitHead(commit: nil, branch: "trunk"))
    }

    @Test func detachedHeadHasNoBranch() async throws {
        let commit = try await makeRepository()
        try await git("checkout", "-q", "--detach")
        #expect(head() == GitHead(commit: commit, branch: nil))
    }

    @Test func packedBranchesAreFound() async throws {
        let commit = try await makeRepository()
        // Names that end in the same way, and a tag with the line of what it points to.
        try await git("branch", "other/main")
        try await git("tag", "-a", "-m", "t", "heads/main")
        for number in 0..<50 { try await git("branch", "b\(number)") }
        try await git("pack-refs", "--all")
        #expect(!directory.exists("repository/.git/refs/heads/main"))
        #expect(head() == GitHead(commit: commit, branch: "main"))
        let second = try await self.commit()
        #expect(head() == GitHead(commit: second, branch: "main"))
        try await git("checkout", "-q", "other/main")
        #expect(head() == GitHead(commit: commit, branch: "other/main"))
    }

    @Test func worktreeHasItsOwnHead() async throws {
        let first = try await makeRepository()
        try await git("worktree", "add", "-q", "-b", "feature", directory["tree"])
        try await git("commit", "-q", "--allow-empty", "-m", "d", in: "tree")
        let second = try await git("rev-parse", "HEAD", in: "tree")
        try directory.makeDirectory("tree/deep")
        #expect(head() == GitHead(commit: first, branch: "main"))
        #expect(head(in: "tree/deep") == GitHead(commit: second, branch: "feature"))
        try await git("pack-refs", "--all")
        #expect(head(in: "tree") == GitHead(commit: second, branch: "feature"))
    }

    @Test func submoduleIsARepositoryOfItsOwn() async throws {
        let inner = try await makeRepository()
        let outcome = try await runProcess(["git", "init", "-q", "-b", "outer", directory["outer"]])
        #expect(outcome.exitCode == 0)
        try await git("submodule", "--quiet", "add", directory["repository"], "inner", in: "outer")
        #expect(head(in: "outer/inner") == GitHead(commit: inner, branch: "main"))
        #expect(head(in: "outer") == GitHead(commit: nil, branch: "outer"))
    }

    @Test func repositoryWithLongCommitsIsRead() async throws {
        let commit = try await makeRepository("--object-format=sha256")
        #expect(commit.utf8.count == 64)
        #expect(head() == GitHead(commit: commit, branch: "main"))
        try await git("pack-refs", "--all")
        #expect(head() == GitHead(commit: commit, branch: "main"))
    }

    @Test func branchThatNamesAnotherIsFollowed() async throws {
        let commit = try await makeRepository()
        try await git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
        try directory.write("ref: refs/heads/alias\n", to: "repository/.git/HEAD")
        #expect(head() == GitHead(commit: commit, branch: "alias"))
        try await git("symbolic-ref", "refs/heads/one", "refs/heads/alias")
        try directory.write("ref: refs/heads/one\n", to: "repository/.git/refs/heads/one")
        try directory.write("ref: refs/heads/one\n", to: "repository/.git/HEAD")
        #expect(head() == GitHead(commit: nil, branch: "one"))
    }

    @Test func gitDirectoryVariableNamesTheRepository() async throws {
        let commit = try await makeRepository()
        try directory.makeDirectory("elsewhere")
        #expect(head(in: "elsewhere") == nil)
        #expect(head(in: "elsewhere", variables: ["GIT_DIR": directory["repository/.git"]]) == GitHead(commit: commit, branch: "main"))
    }

    @Test(arguments: ["ref: refs/heads/../../../outside", "ref: /etc/hostname", "ref: HEAD", "1a2b", "", "\u{0}", "gitdir: x"])
    func headThatIsNoneSaysNothing(head text: String) async throws {
        _ = try await makeRepository()
        try directory.write(String(repeating: "a", count: 40), to: "outside")
        try directory.write(text + "\n", to: "repository/.git/HEAD")
        #expect(head() == nil)
    }

    @Test func gitFileThatLeadsNowhereSaysNothing() throws {
        try directory.write("gitdir: /no/such/place\n", to: "a/.git")
        try directory.write("something else\n", to: "b/.git")
        #expect(head(in: "a") == nil)
        #expect(head(in: "b") == nil)
    }

    // MARK: - Reftable

    /// Makes what a repository in the reftable format has in its files, and a `git` that answers with a script.
    private func makeReftable(_ script: String) throws -> [String: String] {
        try directory.write("ref: refs/heads/.invalid\n", to: "repository/.git/HEAD")
        try directory.write("#!/bin/sh\n\(script)\n", to: "bin/git", mode: 0o755)
        return ["PATH": "\(directory["bin"]):/usr/bin:/bin"]
    }

    @Test func repositoryInTheReftableFormatIsReadByGit() throws {
        let commit = String(repeating: "ab", count: 20)
        let script = #"[ "$1 $3" = "-C rev-parse" ] || exit 1; echo \#(commit); echo refs/heads/main; pwd > "$2/asked""#
        #expect(head(variables: try makeReftable(script)) == GitHead(commit: commit, branch: "main"))
        #expect(directory.exists("repository/asked"))
        #expect(head(variables: try makeReftable("echo \(commit); echo HEAD")) == GitHead(commit: commit, branch: nil))
        let unborn = #"[ "$3" = symbolic-ref ] || exit 128; echo refs/heads/main"#
        #expect(head(variables: try makeReftable(unborn)) == GitHead(commit: nil, branch: "main"))
        #expect(head(variables: try makeReftable("exit 128")) == nil)
        #expect(head(variables: try makeReftable("yes")) == nil)
        #expect(head(variables: ["PATH": "/no/such/place"]) == nil)
    }

    /// The same arguments on a repository whose format this git can write, so that the script above is true to it.
    @Test func gitAnswersTheQuestionsAsExpected() async throws {
        let commit = try await makeRepository()
        let command = try #require(GitCommand(BuildVariables(["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path])))
        #expect(command.head(in: directory["repository"]) == GitHead(commit: commit, branch: "main"))
        try await git("checkout", "-q", "--orphan", "empty")
        #expect(command.head(in: directory["repository"]) == GitHead(commit: nil, branch: "empty"))
    }

    // MARK: - Together with a CI system

    @Test func repositoryFillsInWhatTheCISystemLeavesOut() async throws {
        let commit = try await makeRepository()
        func build(_ variables: [String: String]) -> BuildRecord {
            BuildDetector.detect(
                variables: variables,
                directory: directory["repository"],
                pipeline: "p",
                run: "r",
                now: { ExampleWorld.now }
            ).build
        }
        #expect(build(["CI": "true"]) == BuildRecord(run: "r", pipeline: "p", commit: commit, branch: "main", system: "ci"))
        #expect(build(["USER": "ann"]) == BuildRecord(run: "r", pipeline: "p", commit: commit, branch: "main", user: "ann"))
        let other = String(repeating: "c", count: 40)
        #expect(
            build(["GITLAB_CI": "true", "CI_COMMIT_SHA": other, "CI_COMMIT_BRANCH": "release"])
                == BuildRecord(run: "r", pipeline: "p", commit: other, branch: "release", system: "gitlab")
        )
    }
}
