import Foundation
import HookTesting
import Testing

/// `hook history` and `hook explain` on real engines, with what became of real images.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct HistoryTests {
    private struct History: Decodable {
        struct Engine: Decodable {
            let asked: Bool
            let identifier: String?
            let problem: String?
        }
        struct Tag: Decodable {
            let reference: String
            let generationCount: Int
        }
        struct One: Decodable {
            let reference: String
            let generationCount: Int
            let present: Present
            let generations: [Generation]
        }
        struct Present: Decodable {
            let known: Bool
            let image: String?
        }
        struct Build: Decodable {
            let system: String?
            let buildNumber: String?
            let commit: String?
        }
        struct Became: Decodable {
            let state: String
            let tags: [String]
            let removedAt: String?
        }
        struct Container: Decodable {
            let name: String
            let state: String
        }
        struct Generation: Decodable {
            let number: Int
            let image: String
            let firstSeen: String
            let livedSeconds: Int?
            let firstBuild: Build
            let became: Became
            let containers: [Container]
            let pushed: [String]
        }
        let version: Int
        let engine: Engine
        let tags: [Tag]?
        let tagCount: Int?
        let histories: [One]?
    }

    private struct Explanation: Decodable {
        struct Image: Decodable {
            let id: String
            let tags: [String]
        }
        struct Cause: Decodable {
            let name: String
            let message: String
            let lostTag: String?
            let holder: String?
            let evidence: [String]
            let remedy: String?
        }
        struct Moment: Decodable {
            let time: String
            let text: String
        }
        struct Container: Decodable {
            let name: String
            let state: String
        }
        struct Child: Decodable {
            let id: String
            let tags: [String]
        }
        let version: Int
        let image: Image
        let cause: Cause?
        let moments: [Moment]
        let containers: [Container]
        let children: [Child]
        let ownBytes: Int?
        let removal: [String]
        let notes: [String]
    }

    static var kinds: [TestEngine.Kind] { UntaggedCauseTests.kinds }

    private func hook(_ engine: TestEngine, _ arguments: [String]) async throws -> ProcessOutcome {
        try await engine.startHook(arguments).end()
    }

    private func answer<Answer: Decodable>(_ engine: TestEngine, _ arguments: [String], as type: Answer.Type) async throws -> Answer {
        let outcome = try await hook(engine, arguments + ["--json"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return try JSONDecoder().decode(type, from: Data(outcome.standardOutput.utf8))
    }

    private func explain(_ engine: TestEngine, _ image: String) async throws -> Explanation {
        try await answer(engine, ["explain", image], as: Explanation.self)
    }

    private func short(_ id: String) -> String { String(id.dropFirst(7).prefix(12)) }

    /// Times and IDs are another each time.
    private func steady(_ text: String, _ images: [String]) -> String {
        var text = text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "TIME").replacing(/\d+[smh]( \d+[sm])?( so far)?/, with: "AGE$2")
        for (number, image) in images.enumerated() { text = text.replacingOccurrences(of: short(image), with: "IMAGE\(number + 1)") }
        return text
    }

    // MARK: History

    @Test(arguments: kinds) func theGenerationsOfATagAreToldWithWhatBecameOfThem(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            var images: [String] = []
            for content in ["a", "b", "c", "d"] {
                images.append(try await engine.build("shop/api:v1", content: content))
                if content == "b" {
                    try await engine.docker("run", "--detach", "--network", "none", "--name", "web", "shop/api:v1", "/bin/sleep", "1000")
                }
                let variables = ["GITLAB_CI": "true", "CI": "true", "CI_PIPELINE_ID": "\(4711 + images.count)", "GITLAB_USER_LOGIN": "ann"]
                #expect(try await engine.run(UntaggedCauseTests.track, variables: variables).exitCode == 0)
            }
            try await engine.docker("rmi", images[0])
            let bytes = try engine.directory.bytes(of: ".hook/ledger.sqlite")
            let found = try await answer(engine, ["history", "shop/api:v1"], as: History.self)
            #expect(found.version == 1)
            #expect(found.engine.asked)
            #expect(found.engine.problem == nil)
            let history = try #require(found.histories?.first)
            #expect(found.histories?.count == 1)
            #expect(history.reference.hasSuffix("shop/api:v1"))
            #expect(history.generationCount == 4)
            #expect(history.present.known)
            #expect(history.present.image == images[3])
            #expect(history.generations.map(\.image) == images.reversed())
            #expect(history.generations.map(\.number) == [4, 3, 2, 1])
            #expect(history.generations.map(\.became.state) == ["named", "untagged", "untagged", "removed"])
            #expect(history.generations.map { $0.containers.map(\.name) } == [[], [], ["web"], []])
            #expect(history.generations.map(\.firstBuild.buildNumber) == ["4715", "4714", "4713", "4712"])
            #expect(history.generations[0].livedSeconds == nil)
            #expect(history.generations.dropFirst().allSatisfy { $0.livedSeconds != nil })
            #expect(history.generations[0].became.tags == [history.reference])
            #expect(history.generations[3].became.removedAt != nil)

            let graph = try await hook(engine, ["history", "shop/api:v1", "--graph"])
            let lines = steady(graph.standardOutput, images).split(separator: "\n").dropFirst().joined(separator: "\n")
            #expect(
                lines == """
                    * IMAGE4 TIME gitlab build 4715 by ann (named so now)
                    o IMAGE3 TIME gitlab build 4714 by ann (<none>)
                    o IMAGE2 TIME gitlab build 4713 by ann (<none>; running: web)
                    x IMAGE1 TIME gitlab build 4712 by ann (removed TIME)
                    """,
                "\(graph)"
            )
            let table = try await hook(engine, ["history", "shop/api:v1", "--limit", "2"])
            let rows = steady(table.standardOutput, images).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            // Podman gives every image that it builds a digest of its own.
            let headings = kind == .docker ? "IMAGE FIRST SEEN LIVED BECAME BUILD" : "IMAGE DIGEST FIRST SEEN LIVED BECAME BUILD"
            #expect(rows.dropFirst().first == headings, "\(table)")
            #expect(rows.last == "… 2 earlier generations; --limit N shows more, --limit 0 all", "\(table)")
            #expect(rows.count == 5)

            let all = try await answer(engine, ["history"], as: History.self)
            #expect(all.tagCount == 2)
            #expect(all.tags?.map(\.generationCount) == [4, 1])
            #expect(all.tags?.first?.reference == history.reference)
            #expect(!all.engine.asked)

            let alone = try await answer(engine, ["history", "shop/api:v1", "--no-engine"], as: History.self)
            #expect(alone.histories?.first?.present.known == false)
            #expect(alone.histories?.first?.generations.prefix(3).map(\.became.state) == ["not-known", "not-known", "not-known"])

            let mistyped = try await hook(engine, ["history", "shop/apo:v1"])
            #expect(mistyped.exitCode == 64)
            #expect(mistyped.standardError.contains("knows no tag 'shop/apo:v1'; did you mean '\(history.reference)'?"), "\(mistyped)")
            #expect(try engine.directory.bytes(of: ".hook/ledger.sqlite") == bytes)
            try await engine.docker("rm", "--force", "web")
        }
    }

    @Test func whatPruneRemovedIsKnownWithoutTheEngine() async throws {
        try await TestEngine.withOne { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await engine.build("shop/api:v1", content: "b")
            let pruned = try await engine.run("stages: [{rule: track-tags}, {rule: prune, with: {older-than: 0s}}]")
            #expect(
                pruned.findings("prune", "removed").contains { $0.subject.contains("shop/api") || $0.subject == short(old) },
                "\(pruned)"
            )
            let found = try await answer(engine, ["history", "shop/api:v1", "--no-engine"], as: History.self)
            #expect(found.histories?.first?.generations.map(\.became.state) == ["not-known", "removed"])
        }
    }

    @Test func aPushIsToldOfTheImageThatWasPushed() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let name = try #require(engine.registry) + "/shop/api:v1"
            try await engine.build(name, content: "a")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await engine.docker("push", name)
            try await engine.build(name, content: "b")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            let found = try await answer(engine, ["history", name], as: History.self)
            #expect(found.histories?.first?.generations.map(\.pushed.count) == [0, 1])
        }
    }

    // MARK: Explain

    @Test(arguments: kinds) func anOverwrittenImageIsExplainedWithItsEvidenceInOrder(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            let new = try await engine.build("shop/api:v1", content: "b")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            for text in [old, short(old), String(short(old).prefix(8))] {
                let found = try await explain(engine, text)
                #expect(found.image.id == old)
                let cause = try #require(found.cause)
                #expect(cause.name == "overwritten")
                #expect(cause.holder == new)
                #expect(cause.remedy == "docker tag \(short(old)) \(cause.lostTag ?? "")")
                #expect(cause.lostTag?.hasSuffix("shop/api:v1") == true)
                #expect(found.moments.map(\.time) == found.moments.map(\.time).sorted())
                #expect(found.moments.contains { $0.text.hasPrefix("the ledger saw '\(cause.lostTag ?? "")' on it") })
                #expect(found.containers.isEmpty)
                #expect(found.removal == ["docker rmi \(short(old))"])
                #expect(found.notes == [])
            }
            // A rule and the command say the same.
            let run = try await engine.run(UntaggedCauseTests.detect)
            let finding = try #require(run.findings("detect-overwritten", "overwritten").first)
            let found = try await explain(engine, old)
            #expect(finding.message == "\(short(old)) \(found.cause?.message ?? "")")

            let named = try await explain(engine, "shop/api:v1")
            #expect(named.image.id == new)
            #expect(named.cause == nil)
            let text = try await hook(engine, ["explain", "shop/api:v1"])
            #expect(text.standardOutput.contains("has a name, so it is not <none>"), "\(text)")
            #expect(text.exitCode == 0)
            let missing = try await hook(engine, ["explain", "shop/apo:v1"])
            #expect(missing.exitCode == 64)
            let tag = try #require(found.cause?.lostTag)
            #expect(missing.standardError == "hook: error: the engine has no image 'shop/apo:v1'; did you mean '\(tag)'?\n", "\(missing)")
            let untagged = try await hook(engine, ["explain", "shop/api"])
            #expect(untagged.exitCode == 64)
            #expect(
                untagged.standardError == "hook: error: the engine has no image 'shop/api'; of this repository it has \(tag)\n",
                "\(untagged)"
            )
            // On a rebuild over the name, the way back takes it from the new one.
            let ways =
                "giving it back leaves \(short(new)) without a name; to keep both: docker tag \(short(old)) \(tag)-\(short(old)); was the move "
                + "meant: allow: [\"\(tag)\"], or prune"
            let explained = try await hook(engine, ["explain", old])
            #expect(
                explained.standardOutput.contains(
                    "  to give the name back\n    docker tag \(short(old)) \(tag)\n    \(ways)\n"
                ),
                "\(explained)"
            )
            #expect(finding.details.last == ways, "\(finding)")
        }
    }

    @Test(arguments: kinds) func whatHoldsAnImageIsNamed(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build("alpine4:v1.0", content: "a")
            try await engine.docker("run", "--detach", "--network", "none", "--name", "web", "alpine4:v1.0", "/bin/sleep", "1000")
            if kind == .docker {
                try await engine.docker("rmi", "--force", "alpine4:v1.0")
            } else {
                try await engine.untagOnPodman("alpine4:v1.0")
            }
            let found = try await explain(engine, image)
            #expect(found.cause?.name == "untagged-in-use")
            #expect(found.containers.map(\.name) == ["web"])
            #expect(found.containers.map(\.state) == ["running"])
            let web = try await engine.docker("container", "inspect", "--format", "{{.Id}}", "web").prefix(12)
            #expect(found.removal == ["docker stop \(web); docker rm \(web)", "docker rmi \(short(image))"])
            #expect(found.notes.count == 1, "there is no ledger")
            #expect(!engine.directory.exists(".hook"))
            let text = try await hook(engine, ["explain", image])
            #expect(text.standardOutput.contains("    container 'web' (running, \(web))\n"), "\(text)")
            try await engine.docker("rm", "--force", "web")
        }
    }

    /// What is printed can be typed as it stands where `docker` by itself speaks with another engine.
    @Test func whatIsPrintedGoesToTheEngineOfThePipelineFile() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a")
            try await engine.shell(
                "docker run --detach --network none --stop-signal KILL --name web shop/api:v1 /bin/sleep 1000"
            )
            try await engine.docker("rmi", "--force", "shop/api:v1")
            let web = try await engine.docker("container", "inspect", "--format", "{{.Id}}", "web").prefix(12)
            let elsewhere = ["DOCKER_HOST": "unix://\(engine.directory["no.sock"])"]
            try engine.directory.write("docker: {host: '\(engine.host)'}\nstages: [{rule: prune}]\n", to: "ph.yml")
            let outcome = try await engine.startHook(["explain", "--pipeline", "ph.yml", image, "--json"], variables: elsewhere).end()
            try #require(outcome.exitCode == 0, "\(outcome)")
            let found = try JSONDecoder().decode(Explanation.self, from: Data(outcome.standardOutput.utf8))
            let docker = "docker -H \(engine.host)"
            #expect(found.cause?.remedy == "\(docker) tag \(short(image)) shop/api:v1")
            #expect(found.removal == ["\(docker) stop \(web); \(docker) rm \(web)", "\(docker) rmi \(short(image))"])
            let typed = try await runProcess(
                ["sh", "-e", "-c", found.removal.joined(separator: "\n")],
                environment: .inherited(changing: ["DOCKER_HOST": elsewhere["DOCKER_HOST"]])
            )
            #expect(typed.exitCode == 0, "\(typed)")
            #expect(try await engine.docker("ps", "--all", "--quiet").isEmpty)
            let gone = try await runProcess(["docker", "-H", engine.host, "image", "inspect", image])
            #expect(gone.exitCode == 1, "\(gone)")
        }
    }

    @Test func aParentIsHarmlessAndSaysOfWhichImage() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a", steps: 2)
            let parent = try await engine.docker("image", "inspect", "--format", "{{.Parent}}", image)
            let found = try await explain(engine, parent)
            #expect(found.cause?.name == "intermediate")
            #expect(found.cause?.message == "is the parent of 'shop/api:v1': harmless, and it takes no space of its own")
            #expect(found.children.map(\.tags) == [["shop/api:v1"]])
            #expect(found.removal == [])
            let text = try await hook(engine, ["explain", parent])
            #expect(text.standardOutput.contains("nothing: it goes with the last image that was made from it"), "\(text)")
        }
    }

    @Test(arguments: kinds) func everyOtherCauseIsExplained(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let loaded = try await engine.build("shop/web:v1", content: "a")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await engine.docker("save", "--output", engine.directory["image.tar"], loaded)
            try await engine.docker("rmi", "shop/web:v1")
            try await engine.load(engine.directory["image.tar"])
            let found = try await explain(engine, loaded)
            #expect(found.cause?.name == "loaded-by-id")
            let actions = found.moments.map(\.text).filter { $0.hasPrefix("the engine") }
            if kind == .docker {
                #expect(actions.suffix(2) == ["the engine deleted it", "the engine loaded it from an archive"], "\(found.moments)")
            }
            let built = try await engine.build(nil, content: "b")
            let unnamed = try await explain(engine, built)
            #expect(unnamed.cause?.name == "built-untagged")
            #expect(unnamed.cause?.remedy == "docker tag \(short(built)) NAME:TAG")
            #expect(unnamed.ownBytes != nil || kind == .podman)
        }
    }

    @Test func anEngineThatDoesNotAnswerLeavesWhatTheLedgerKnows() async throws {
        try await TemporaryDirectory.withOne { directory in
            let ledger = directory["ledger.sqlite"]
            let made = try await runProcess([
                "python3", "\(Repository.root)/Tests/EndToEndTests/Fixtures/first-ledger.py",
                "\(Repository.root)/Tests/TagLedgerTests/Snapshots/v1.sql", ledger,
            ])
            #expect(made.exitCode == 0, "\(made)")
            let path = directory["engine.sock"]
            let run = try await ScriptedServer.withOne(on: .unixSocket(path: path)) { _ in
                .silence
            } body: { _ in
                try await runProcess(
                    [Repository.hook, "history", "shop/api:v1", "--json", "--ledger", ledger],
                    environment: .inherited(changing: ["DOCKER_HOST": "unix://\(path)"]),
                    directory: directory.path
                )
            }
            #expect(run.exitCode == 0, "\(run)")
            let found = try JSONDecoder().decode(History.self, from: Data(run.standardOutput.utf8))
            #expect(found.engine.asked)
            #expect(found.engine.problem == "the engine did not answer within 20s")
            let history = try #require(found.histories?.first)
            #expect(!history.present.known)
            #expect(history.generations.map(\.became.state) == ["not-known", "removed"])
        }
    }

    @Test func aLedgerOfTheFirstVersionIsReadAndLeftAsItIs() async throws {
        try await TemporaryDirectory.withOne { directory in
            let made = try await runProcess([
                "python3", "\(Repository.root)/Tests/EndToEndTests/Fixtures/first-ledger.py",
                "\(Repository.root)/Tests/TagLedgerTests/Snapshots/v1.sql", directory["ledger.sqlite"],
            ])
            #expect(made.exitCode == 0, "\(made)")
            let before = try directory.bytes(of: "ledger.sqlite")
            let arguments = ["history", "shop/api:v1", "--no-engine", "--json", "--ledger", directory["ledger.sqlite"]]
            let run = try await runProcess([Repository.hook] + arguments, directory: directory.path)
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.standardError == "")
            let found = try JSONDecoder().decode(History.self, from: Data(run.standardOutput.utf8)).histories?.first
            let generations = try #require(found?.generations)
            #expect(generations.map(\.image) == [2, 1].map { "sha256:" + String(repeating: "0\($0)", count: 32) })
            #expect(generations.map(\.firstBuild.buildNumber) == ["4712", "4711"])
            #expect(generations.last?.became.removedAt == "2025-10-09T08:55:00Z")
            // The copy that is read needs a place.
            let refused = try await runProcess(
                [Repository.hook] + arguments,
                environment: .inherited(changing: ["TMPDIR": "/nonexistent"]),
                directory: directory.path
            )
            #expect(refused.exitCode == 69)
            #expect(
                refused.standardError
                    == "hook: error: the ledger '\(directory["ledger.sqlite"])' was written by an earlier version of hook, and what only reads "
                    + "makes a copy of it to bring up to date, which failed ('/nonexistent': No such file or directory); let TMPDIR name a "
                    + "directory with room for it, or run 'hook run' with this ledger once\n"
            )
            #expect(try directory.bytes(of: "ledger.sqlite") == before)
        }
    }

    @Test func anUntaggedAPulledOverAndAnUnknownImageAreExplained() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let registry = try #require(engine.registry)
            let name = registry + "/shop/api:v1"
            let elsewhere = registry.replacing("127.0.0.1", with: "localhost") + "/shop/api:v1"
            let old = try await engine.build(name, content: "old")
            try await engine.docker("push", name)
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await engine.build(elsewhere, content: "new")
            try await engine.docker("push", elsewhere)
            try await engine.docker("pull", name)
            #expect(try await explain(engine, old).cause?.name == "pulled-over")
            // By the digest that the registry knows it under.
            let digests = try await engine.docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", old)
            #expect(try await explain(engine, digests).image.id == old)

            let untagged = try await engine.build("shop/web:v1", content: "web")
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await engine.docker("run", "--detach", "--network", "none", "--name", "holder", "shop/web:v1", "/bin/sleep", "1000")
            try await engine.docker("rmi", "--force", "shop/web:v1")
            try await engine.docker("rm", "--force", "holder")
            #expect(try await explain(engine, untagged).cause?.name == "untagged")

            let unknown = try await engine.build("shop/other:v1", content: "x")
            try await engine.build("shop/other:v1", content: "y")
            try await engine.overwriteEvents()
            #expect(try await explain(engine, unknown).cause?.name == "unknown")
            let everything = try await hook(engine, ["explain", "sha256:"])
            #expect(everything.exitCode == 64, "\(everything)")
        }
    }
}
