import HookKit
import HookTesting
import Testing

@testable import BuildEnvironment

struct GitPushTests {
    private static let old = String(repeating: "a", count: 40)
    private static let new = String(repeating: "b", count: 40)
    private static let none = String(repeating: "0", count: 40)

    private func detect(_ variables: [String: String], _ input: String = "") -> RunEnvironment {
        BuildDetector.detect(
            variables: variables,
            directory: "/nowhere",
            pipeline: "p",
            run: "r",
            standardInput: input,
            now: { Timestamp(seconds: 0) }
        )
    }

    @Test func gitsLinesSayWhatIsPushed() throws {
        let lines = [
            "refs/heads/topic \(Self.new) refs/heads/main \(Self.old)", "(delete) \(Self.none) refs/heads/gone \(Self.old)",
            "refs/tags/v1 \(Self.new) refs/tags/v1 \(Self.none)", "HEAD~1 \(Self.old) refs/heads/old \(Self.none)",
        ]
        let environment = detect(
            ["HOOK_EVENT": "pre-push", "HOOK_PUSH_REMOTE": "origin", "HOOK_PUSH_ADDRESS": "https://ann:s3cr@t@git.example.com/shop.git"],
            lines.map { $0 + "\n" }.joined()
        )
        #expect(environment.event == .prePush)
        #expect(environment.build.branch == "topic")
        #expect(environment.build.commit == Self.new)
        #expect(environment.source == .pushedBranches(["topic", "main", "gone", "old"]))
        let push = try #require(environment.push)
        #expect(push.remote == "origin")
        #expect(push.address == "https://git.example.com/shop.git")
        #expect(
            push.refs == [
                .init(local: "refs/heads/topic", localObject: Self.new, remote: "refs/heads/main", remoteObject: Self.old),
                .init(local: nil, localObject: nil, remote: "refs/heads/gone", remoteObject: Self.old),
                .init(local: "refs/tags/v1", localObject: Self.new, remote: "refs/tags/v1", remoteObject: nil),
                .init(local: "HEAD~1", localObject: Self.old, remote: "refs/heads/old", remoteObject: nil),
            ]
        )
    }

    @Test(
        arguments: [
            ([("refs/heads/main", "refs/heads/main"), ("refs/heads/topic", "refs/heads/topic")], .pushedBranches(["main", "topic"])),
            ([("refs/heads/topic", "refs/heads/main")], .pushedBranches(["topic", "main"])),
            ([("refs/heads/topic", "refs/heads/topic"), ("refs/tags/v1", "refs/tags/v1")], .branch("topic")),
            ([("HEAD", "refs/heads/main")], .pushedBranches(["topic", "main"])), ([("HEAD~1", "refs/heads/main")], .branch("main")),
            ([("HEAD@{1 day ago}", "refs/heads/main")], .branch("main")),
            ([("refs/tags/v1", "refs/heads/main")], .branch("main")), ([("refs/heads/main", "refs/tags/v1")], .branch("main")),
            ([("(delete)", "refs/heads/main")], .branch("main")), ([("refs/tags/v1", "refs/tags/v1")], .tag),
            ([("(delete)", "refs/tags/v1"), ("v2~0", "refs/tags/v2")], .tag),
            // Neither a branch nor a tag, and nothing at all: what is checked out counts.
            ([("refs/notes/commits", "refs/notes/commits")], .branch("topic")), ([], .branch("topic")),
        ] as [([(String, String)], RunEnvironment.Source)]
    )
    func aPushIsOfEveryBranchThatItNames(refs: [(local: String, remote: String)], expected: RunEnvironment.Source) async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.makeDirectory(".git")
            try directory.write("ref: refs/heads/topic\n", to: ".git/HEAD")
            let lines = refs.map { "\($0.local) \($0.local == "(delete)" ? Self.none : Self.new) \($0.remote) \(Self.old)\n" }
            let environment = BuildDetector.detect(
                variables: ["HOOK_EVENT": "pre-push", "HOOK_PUSH_REMOTE": "origin"],
                directory: directory.path,
                pipeline: "p",
                run: "r",
                standardInput: lines.joined(),
                now: { Timestamp(seconds: 0) }
            )
            #expect(environment.source == expected)
        }
    }

    @Test func aRemoteWithoutANameIsItsAddressWithoutSecrets() {
        let address = "https://ann:secret@git.example.com/shop.git"
        let environment = detect(["HOOK_EVENT": "pre-push", "HOOK_PUSH_REMOTE": address, "HOOK_PUSH_ADDRESS": address])
        #expect(
            environment.push == GitPush(remote: "https://git.example.com/shop.git", address: "https://git.example.com/shop.git", refs: [])
        )
    }

    @Test func thePreCommitFrameworkSaysTheSameByVariables() {
        let environment = detect([
            "PRE_COMMIT": "1", "PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_REMOTE_URL": "git@example.com:shop.git",
            "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/topic", "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/topic", "PRE_COMMIT_TO_REF": Self.new,
            "PRE_COMMIT_FROM_REF": Self.old,
        ])
        #expect(environment.event == .prePush)
        #expect(environment.build.branch == "topic")
        #expect(
            environment.push
                == GitPush(
                    remote: "origin",
                    address: "git@example.com:shop.git",
                    refs: [.init(local: "refs/heads/topic", localObject: Self.new, remote: "refs/heads/topic", remoteObject: Self.old)]
                )
        )
    }

    @Test func linesThatAreNotGitsAreLeftOut() {
        let push = detect(["HOOK_PUSH_REMOTE": "origin"], "refs/heads/a b c d e\nrefs/heads/a x refs/heads/a y\n\n\u{0}").push
        #expect(push == GitPush(remote: "origin", address: nil, refs: []))
    }

    @Test func withoutAPushThereIsNone() {
        #expect(detect([:]).push == nil)
        #expect(detect([:]).event == .manual)
    }
}
