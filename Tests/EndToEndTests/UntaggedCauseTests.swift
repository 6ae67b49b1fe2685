import FoundationEssentials
import HookKit
import HookTesting
import Testing

/// Every cause of a `<none>` image, made for real.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct UntaggedCauseTests {
    static let track = "stages: [{rule: track-tags}]"
    static let detect = "stages: [{rule: track-tags}, {rule: detect-overwritten}]"

    static var kinds: [TestEngine.Kind] { Repository.podmanIsAvailable ? [.docker, .podman] : [.docker] }

    /// The finding about an image, by its short ID in the message.
    private func finding(_ run: HookRun, about id: String) throws -> HookRun.Report.Found {
        let short = id.dropFirst(7).prefix(12)
        let found = run.findings("detect-overwritten").filter { $0.message.contains("\(short) ") && $0.message.hasPrefix(short) }
        try #require(found.count == 1, "\(short): \(run)")
        return found[0]
    }

    @Test(arguments: kinds) func aRebuildOverATagIsOverwritten(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            let new = try await engine.build("shop/api:v1", content: "b")
            let variables = [
                "GITLAB_CI": "true", "CI": "true", "CI_COMMIT_SHA": "0123456789abcdef0123456789abcdef01234567", "CI_PIPELINE_ID": "4711",
            ]
            let run = try await engine.run(Self.detect, variables: variables)
            #expect(run.exitCode == 1, "\(run)")
            let found = try finding(run, about: old)
            #expect(found.type == "overwritten")
            #expect(found.outcome == "failed")
            #expect(found.subject.hasSuffix("shop/api:v1"))
            #expect(found.message.contains(new.dropFirst(7).prefix(12)))
            #expect(found.message.contains("gitlab build 4711"), "\(found)")
            #expect(found.remedy == "docker tag \(old.dropFirst(7).prefix(12)) \(found.subject)")
            #expect(run.findings("track-tags", "moved").map(\.subject) == [found.subject])
        }
    }

    @Test(arguments: kinds) func anImageThatWasOverwrittenTwiceLostItsTagToTheFirst(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            var images: [String] = []
            for content in ["a", "b", "c"] {
                images.append(try await engine.build("shop/api:v1", content: content, steps: 0))
                #expect(try await engine.run(Self.track).exitCode == 0)
            }
            let run = try await engine.run(Self.detect)
            let short = images.map { String($0.dropFirst(7).prefix(12)) }
            let found = try images.dropLast().map { try finding(run, about: $0) }
            let tag = found[0].subject.split(separator: " ")[0]
            // Podman has no event of the tag that a build gives: the ledger saw it.
            let (loss, state) = kind == .docker ? ("at", "has it since") : ("before", "has it now, seen there first at")
            let pattern = try Regex(
                "\(short[0]) lost '\(tag)' to \(short[1]) \(loss) [-0-9T:.]+Z, seen by .+; \(short[2]) \(state) [-0-9T:.]+Z, seen by [^;]+"
            )
            #expect(found[0].message.wholeMatch(of: pattern) != nil, "\(run)")
            let latest = try Regex("\(short[1]) lost '\(tag)' to \(short[2]) \(loss) [-0-9T:.]+Z, seen by [^;]+")
            #expect(found[1].message.wholeMatch(of: latest) != nil, "\(run)")
            let explained = try await engine.startHook(["explain", short[0], "--json", "--ledger", ".hook/ledger.sqlite"]).end()
            #expect(explained.standardOutput.contains(found[0].message.dropFirst(13)), "\(explained)")
        }
    }

    @Test(arguments: kinds) func theEnginesEventsTellWithoutALedger(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            try await engine.build("shop/api:v1", content: "b")
            let found = try finding(try await engine.run(Self.detect), about: old)
            // Podman has no event of the tag that a build gives: without a ledger nothing tells, and that is what is said.
            #expect(found.type == (kind == .docker ? "overwritten" : "unknown"), "\(found)")
            #expect(found.subject == (kind == .docker ? "shop/api:v1" : String(old.dropFirst(7).prefix(12))))
        }
    }

    @Test(arguments: kinds) func aRebuildWithTheSameContentIsNoFinding(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            #expect(try await engine.build("shop/api:v1", content: "a") == old)
            let run = try await engine.run(Self.detect)
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("track-tags").allSatisfy { $0.type == "unchanged" })
            #expect(run.findings("detect-overwritten").allSatisfy { $0.type == "intermediate" })
        }
    }

    @Test(arguments: kinds) func aTagThatMovedAwayAndBackIsUnchanged(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let first = try await engine.build("shop/api:v1", content: "a")
            let other = try await engine.build("shop/other:v1", content: "b")
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.docker("tag", first, "shop/api:keep")
            try await engine.docker("tag", other, "shop/api:v1")
            try await engine.docker("tag", first, "shop/api:v1")
            let run = try await engine.run(Self.detect)
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("track-tags").filter { $0.subject.hasSuffix("shop/api:v1") }.map(\.type) == ["unchanged"])
        }
    }

    @Test(arguments: kinds) func savedByIDAndLoaded(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build("shop/web:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.docker("save", "--output", engine.directory["image.tar"], image)
            try await engine.docker("rmi", "shop/web:v1")
            try await engine.load(engine.directory["image.tar"])
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "loaded-by-id", "\(found)")
            #expect(found.subject.hasSuffix("shop/web:v1"))
            #expect(found.remedy == "docker tag \(image.dropFirst(7).prefix(12)) \(found.subject)")
        }
    }

    @Test func anImageThatWasLoadedByItsNameAndRebuiltOverIsNotSaidToHaveComeWithoutOne() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/web:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.docker("save", "--output", engine.directory["image.tar"], "shop/web:v1")
            try await engine.docker("rmi", "shop/web:v1")
            try await engine.load(engine.directory["image.tar"])
            try await engine.build("shop/web:v1", content: "b")
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.message.hasSuffix("or loaded as 'shop/web:v1', which another image took since"), "\(found)")
        }
    }

    @Test(arguments: kinds) func eachOfSeveralLostTagsIsJudgedByItself(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            for content in ["a", "b"] {
                try await engine.docker("tag", try await engine.build("shop/api:v1", content: content), "shop/api:latest")
                #expect(try await engine.run(Self.track).exitCode == 0)
            }
            let stage = "stages: [{rule: detect-overwritten, with: {allow: ['*:latest']}}]"
            let run = try await engine.run(stage)
            #expect(run.exitCode == 1, "\(run)")
            let found = run.findings("detect-overwritten", "overwritten")
            #expect(
                found.map { "\($0.outcome) \($0.subject.split(separator: "/").last ?? "")" } == ["failed api:v1", "passed api:latest"],
                "\(run)"
            )
            // The bytes of one image are counted once.
            #expect(found.map { ($0.bytes ?? 0) > 0 } == [true, false], "\(run)")
            let one = try await engine.run("stages: [{rule: detect-overwritten, with: {images: ['*shop/api:v1']}}]")
            #expect(one.findings("detect-overwritten").map(\.subject) == [found[0].subject], "\(one)")
        }
    }

    @Test(arguments: [true, false]) func aTagThatWasLostByAParentOfAnotherImageIsReportedToo(isTracked: Bool) async throws {
        try await TestEngine.withOne { engine in
            let base = try await engine.build("shop/base:v1", content: "a")
            try engine.directory.write("FROM shop/base:v1\nLABEL app=1\n", to: "app/Dockerfile")
            try await engine.docker("build", "--network", "none", "--tag", "shop/app:v1", engine.directory["app"])
            if isTracked { #expect(try await engine.run(Self.track).exitCode == 0) }
            let new = try await engine.build("shop/base:v1", content: "b")
            let run = try await engine.run(Self.detect)
            #expect(run.exitCode == 1, "\(run)")
            let short = { (id: String) in String(id.dropFirst(7).prefix(12)) }
            let found = run.findings("detect-overwritten").filter { $0.subject == "shop/base:v1" }
            #expect(found.map { "\($0.outcome) \($0.type)" } == ["passed intermediate", "failed overwritten"], "\(run)")
            let words =
                isTracked
                ? "moved from \(short(base)) (still there) to \(short(new))" : "\(short(base)) lost 'shop/base:v1' to \(short(new)) at "
            #expect(found.last?.message.hasPrefix(words) == true, "\(run)")
            // The next run has seen it there.
            let later = try await engine.run(Self.detect)
            let types = later.findings("detect-overwritten").filter { $0.subject == "shop/base:v1" }.map(\.type)
            #expect(types == ["intermediate"], "\(later)")
        }
    }

    @Test func anImageThatWasLoadedOverALaterOneTookTheTagWhenItWasLoaded() async throws {
        try await TestEngine.withOne { engine in
            let first = try await engine.build("shop/api:v1", content: "a")
            try await engine.docker("save", "--output", engine.directory["first.tar"], "shop/api:v1")
            let second = try await engine.build("shop/api:v1", content: "b")
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.load(engine.directory["first.tar"])
            #expect(try await engine.id("shop/api:v1") == first)
            let found = try finding(try await engine.run(Self.detect), about: second)
            // Up to the next second: docker's own "0s" is the start of this one, and the load may be later than that.
            let next = "\(Int(Date().timeIntervalSince1970) + 1)"
            let load = try await engine.docker(
                "events",
                "--since",
                "1h",
                "--until",
                next,
                "--filter",
                "event=load",
                "--format",
                "{{.Time}}"
            )
            let time = try #require(load.split(separator: "\n").last.flatMap { Int64($0) })
            #expect(found.type == "overwritten")
            #expect(found.message.contains("to \(first.dropFirst(7).prefix(12)) at \(Timestamp(seconds: time))"), "\(found)")
        }
    }

    @Test func theLoadOfAnImageThatIsThereDoesNotExplainIt() async throws {
        try await TestEngine.withOne { engine in
            let old = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.docker("save", "--output", engine.directory["old.tar"], old)
            try await engine.build("shop/api:v1", content: "b")
            try await engine.load(engine.directory["old.tar"])
            #expect(try finding(try await engine.run(Self.detect), about: old).type == "overwritten")
        }
    }

    @Test(arguments: kinds) func aTagForcedOffUnderARunningContainer(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build("alpine4:v1.0", content: "a")
            try await engine.docker("run", "--detach", "--network", "none", "--name", "web", "alpine4:v1.0", "/bin/sleep", "1000")
            if kind == .docker {
                try await engine.docker("rmi", "--force", "alpine4:v1.0")
            } else {
                // Podman ends the container with its image when it is forced; only a tag that is taken away leaves it running.
                try await engine.untagOnPodman("alpine4:v1.0")
            }
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "untagged-in-use", "\(found)")
            #expect(found.subject.hasSuffix("alpine4:v1.0"))
            #expect(found.message.contains("'web'"))
            try await engine.docker("rm", "--force", "web")
        }
    }

    @Test(arguments: kinds) func parentsOfABuildAreHarmless(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build("shop/api:v1", content: "a", steps: 3)
            let run = try await engine.run(Self.detect + "\n", [])
            #expect(run.exitCode == 0, "\(run)")
            if kind == .docker {
                #expect(run.findings("detect-overwritten").map(\.type) == ["intermediate", "intermediate", "intermediate"])
                let prune = try await engine.run("stages: [{rule: prune, with: {older-than: 0s}}]")
                #expect(prune.findings("prune", "removed").isEmpty, "\(prune)")
            }
            #expect(try await engine.id("shop/api:v1") == image)
        }
    }

    @Test(arguments: kinds) func aBuildWithoutAName(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            let image = try await engine.build(nil, content: "a")
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "built-untagged", "\(found)")
        }
    }

    @Test(arguments: kinds) func aCommitWithoutAName(kind: TestEngine.Kind) async throws {
        try await TestEngine.withOne(kind) { engine in
            try await engine.docker("create", "--name", "base", "alpine:latest", "/bin/sh")
            let id = try await engine.commit("base")
            let image = id.hasPrefix("sha256:") ? id : "sha256:\(id)"
            try await engine.docker("rm", "base")
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "built-untagged", "\(found)")
        }
    }

    @Test func aTagThatWasTakenOffAndNamesNothingIsUntagged() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a")
            #expect(try await engine.run(Self.track).exitCode == 0)
            // A running container holds the image while its tag is forced off; without the container only the ledger and the events tell.
            try await engine.docker("run", "--detach", "--network", "none", "--name", "holder", "shop/api:v1", "/bin/sleep", "1000")
            try await engine.docker("rmi", "--force", "shop/api:v1")
            try await engine.docker("rm", "--force", "holder")
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "untagged", "\(found)")
            #expect(found.subject == "shop/api:v1")
        }
    }

    @Test func aPullOverATagIsPulledOver() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let registry = try #require(engine.registry)
            let name = registry + "/shop/api:v1"
            // The same registry under another name: a push there moves the tag in the registry, and not here.
            let elsewhere = registry.replacing("127.0.0.1", with: "localhost") + "/shop/api:v1"
            let old = try await engine.build(name, content: "old")
            try await engine.docker("push", name)
            #expect(try await engine.run(Self.track).exitCode == 0)
            let new = try await engine.build(elsewhere, content: "new")
            try await engine.docker("push", elsewhere)
            try await engine.docker("pull", name)
            #expect(try await engine.id(name) == new)
            let found = try finding(try await engine.run(Self.detect), about: old)
            #expect(found.type == "pulled-over", "\(found)")
            #expect(found.subject == name)
        }
    }

    @Test func anImageThatWasPushedFromHereAndRebuiltOverIsNotPulledOver() async throws {
        try await TestEngine.withOne(registry: true) { engine in
            let name = try #require(engine.registry) + "/shop/api:v1"
            let old = try await engine.build(name, content: "old")
            try await engine.docker("push", name)
            #expect(try await engine.run(Self.track).exitCode == 0)
            try await engine.build(name, content: "new")
            let found = try finding(try await engine.run(Self.detect), about: old)
            #expect(found.type == "overwritten", "\(found)")
        }
    }

    @Test func whereNothingTellsTheFindingSaysSo() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build("shop/api:v1", content: "a")
            try await engine.build("shop/api:v1", content: "b")
            try await engine.overwriteEvents()
            let found = try finding(try await engine.run(Self.detect), about: image)
            #expect(found.type == "unknown", "\(found)")
            #expect(found.details.contains("a 'track-tags' stage before and after each build would have told"))
        }
    }
}
