import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// Plans that are written, and carried out later, on real registries: their storage directories, and their API.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct RegistryPlanTests {
    private static let stored: Set = [
        "remove-tag", "remove-tag-entry", "remove-revision", "remove-layer-link", "remove-upload", "remove-blob",
    ]

    /// Pushes two images over each other, a third, and stops the registry.
    private func push(to registry: inout TestRegistry) async throws {
        registry.layout.image("first", layers: [TestRegistry.layer("shared"), TestRegistry.layer("first")])
        registry.layout.image("second", layers: [TestRegistry.layer("shared"), TestRegistry.layer("second")])
        registry.layout.image("third", layers: [TestRegistry.layer("third")])
        try await registry.push("first", to: "shop/api:v1")
        try await registry.push("second", to: "shop/api:v1")
        try await registry.push("third", to: "shop/web:pr-1")
    }

    private static let gc = ["delete-untagged": "true", "min-age": "0s"]

    private func plan(_ rule: String, _ settings: [String: String], of registry: TestRegistry) async throws -> PlanFileContent {
        let before = try await registry.listing()
        let run = try await registry.run(rule, settings, ["--plan", "plan.json"])
        #expect(run.exitCode == 0, "\(run)")
        #expect(try await registry.listing() == before, "a plan changes nothing")
        return try PlanFileContent("plan.json", in: registry.directory)
    }

    @Test(arguments: ["registry-gc", "registry-delete"])
    func aPlanThatIsCarriedOutRemovesExactlyWhatItLists(rule: String) async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let settings = rule == "registry-gc" ? Self.gc : ["images": "[\"shop/web:pr-*\"]", "min-age": "0s"]
            let plan = try await plan(rule, settings, of: registry)
            let changes = plan.stages[0].changes
            #expect(!changes.isEmpty)
            let before = try await registry.files()
            let run = try await registry.run(rule, settings, ["--apply", "plan.json"])
            #expect(run.exitCode == 0, "\(run)")
            let after = try await registry.files()
            let gone = before.subtracting(after)
            for path in gone { #expect(changes.contains { path.hasPrefix($0.target) }, "'\(path)' was not in the plan") }
            for change in changes where Self.stored.contains(change.action) {
                #expect(gone.contains { $0.hasPrefix(change.target) }, "'\(change.target)' is still there")
                #expect(!after.contains { $0.hasPrefix(change.target + "/") })
            }
            #expect(try await registry.canPull("shop/api:v1"))
            let check = try await registry.run("registry-check", ["verify": "digests"])
            #expect(check.exitCode == 0, "\(check)")
        }
    }

    @Test func aStageIsRefusedWhereATagWasPushedThatNamesAPlannedBlob() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            _ = try await plan("registry-gc", Self.gc, of: registry)
            try await registry.push("first", to: "shop/api:again")
            let before = try await registry.files()
            let run = try await registry.run("registry-gc", Self.gc, ["--apply", "plan.json"])
            #expect(run.exitCode == 69, "\(run)")
            #expect(try await registry.files() == before, "\(run)")
            #expect(try await registry.canPull("shop/api:again"))
            let text = run.outcome.standardOutput
            #expect(text.contains("plan-outdated"), "\(run)")
            #expect(
                text.replacing("\n", with: " ").contains("hook run hook.yml --plan plan.json makes it anew"),
                "\(run)"
            )
            let found = run.findings("registry-gc")
            #expect(!found.isEmpty && found.allSatisfy { $0.type == "changed-since-plan" && $0.subject.hasPrefix(registry.root) }, "\(run)")
        }
    }

    @Test func whatIsOverInTheTrashIsInThePlanOnceAndGoesWithIt() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let settings = "root: \(registry.root), min-age: 0s, delete-untagged: true, trash: 1h"
            try registry.directory.write("stages: [{rule: registry-gc, with: {\(settings)}}]", to: "first.yml")
            let two = "{rule: registry-gc, with: {\(settings)}}, {rule: registry-gc, name: again, with: {\(settings)}}"
            try registry.directory.write("stages: [\(two)]", to: "hook.yml")
            func hook(_ arguments: String...) async throws -> ProcessOutcome {
                try await runProcess(
                    [Repository.hook, "run"] + arguments + ["--markdown", "report.md"],
                    directory: registry.directory.path
                )
            }
            let moved = try await hook("first.yml")
            #expect(moved.exitCode == 0, "\(moved)")
            let trash = "\(registry.root)/docker/registry/v2/_hook/trash"
            // The name says when the run began and for how many seconds its things are kept: it is over long ago.
            let aged = try await runProcess(["sh", "-c", "mv \(trash)/* \(trash)/1600000000-3600-1"])
            #expect(aged.exitCode == 0, "\(aged)")
            let planned = try await hook("--plan", "plan.json")
            let plan = try PlanFileContent("plan.json", in: registry.directory)
            #expect(plan.stages.map(\.changes.count) == [1, 0])
            #expect(plan.targets("remove-trash-run") == ["\(trash)/1600000000-3600-1"])
            let would = try #require(planned.standardOutput.firstMatch(of: /about (\S+) would be reclaimed/)?.output.1)
            let applied = try await hook("--apply", "plan.json")
            #expect(applied.exitCode == 0, "\(applied)")
            #expect(applied.standardOutput.contains("· \(would) reclaimed ·"), "\(planned)\n\(applied)")
            let left = try await runProcess(["find", registry.root, "-path", "*/_hook/trash/*"])
            #expect(left.standardOutput == "")
        }
    }

    @Test func aPlanOfAnotherDirectoryIsRefusedAndNotTakenForNothingToDo() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let directory = registry.directory
            for name in ["one", "two"] {
                try directory.makeDirectory(name)
                let copied = try await runProcess(["cp", "-a", registry.root, directory["\(name)/store"]])
                try #require(copied.exitCode == 0, "\(copied)")
                let pipeline = "stages: [{rule: registry-gc, with: {root: store, delete-untagged: true, min-age: 0s}}]"
                try directory.write(pipeline, to: "\(name)/hook.yml")
            }
            func hook(_ arguments: String...) async throws -> ProcessOutcome {
                try await runProcess([Repository.hook, "run"] + arguments, directory: directory.path)
            }
            let planned = try await hook("one/hook.yml", "--plan", "plan.json")
            #expect(planned.exitCode == 0, "\(planned)")
            let count = try PlanFileContent("plan.json", in: directory).stages[0].changes.count
            #expect(count > 0)
            let refused = try await hook("two/hook.yml", "--apply", "plan.json")
            #expect(refused.exitCode == 69, "\(refused)")
            let text = refused.standardOutput.replacing("\n", with: " ")
            #expect(text.contains("\(count) of \(count) planned changes cannot be made as planned, so nothing was changed"), "\(refused)")
            let same = try await runProcess(["diff", "-r", registry.root, directory["two/store"]])
            #expect(same.exitCode == 0, "\(same)")
        }
    }

    @Test func aStageIsRefusedWhereATagNamesAnotherImageOrMoreIsDue() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let settings = ["images": "[\"shop/web:pr-1\"]", "min-age": "0s"]
            let plan = try await plan("registry-delete", settings, of: registry)
            #expect(plan.targets("remove-tag").count == 1)
            try await registry.push("second", to: "shop/web:pr-1")
            let before = try await registry.files()
            let run = try await registry.run("registry-delete", settings, ["--apply", "plan.json"])
            #expect(run.exitCode == 69, "\(run)")
            #expect(try await registry.files() == before, "\(run)")
            #expect(try await registry.canPull("shop/web:pr-1"))
        }
    }

    @Test func whatIsYoungerThanThePlanDoesNotHinderIt() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let settings = ["delete-untagged": "true", "min-age": "1s"]
            // What was pushed is older than a second when the plan is made.
            let aged = try await runProcess(["find", registry.root, "-exec", "touch", "--date", "1 hour ago", "{}", "+"])
            try #require(aged.exitCode == 0)
            let plan = try await plan("registry-gc", settings, of: registry)
            #expect(!plan.targets("remove-blob").isEmpty)
            registry.layout.image("fourth", layers: [TestRegistry.layer("fourth")])
            registry.layout.image("fifth", layers: [TestRegistry.layer("fifth")])
            // The first of them is garbage at once, and younger than the plan.
            try await registry.push("fourth", to: "shop/new:v1")
            try await registry.push("fifth", to: "shop/new:v1")
            let before = try await registry.files()
            let run = try await registry.run("registry-gc", settings, ["--apply", "plan.json"])
            #expect(run.exitCode == 0, "\(run)")
            let gone = before.subtracting(try await registry.files())
            #expect(!gone.isEmpty)
            for path in gone { #expect(plan.stages[0].changes.contains { path.hasPrefix($0.target) }, "'\(path)' was not in the plan") }
            #expect(try await registry.canPull("shop/new:v1"))
        }
    }

    // MARK: Several stages

    /// A pipeline of stages that each have these settings.
    private func stages(_ stages: [(rule: String, settings: String)]) -> String {
        (["stages:"] + stages.map { "  - {rule: \($0.rule), with: {\($0.settings)}}" }).joined(separator: "\n") + "\n"
    }

    @Test(arguments: ["registry-delete", "registry-retention"])
    func stagesThatFollowEachOtherInOnePlanAreAllCarriedOut(rule: String) async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            // A tag in a repository that has garbage as well, and that shares a layer with it.
            registry.layout.image("fourth", layers: [TestRegistry.layer("shared"), TestRegistry.layer("fourth")])
            try await registry.push("fourth", to: "shop/api:pr-2")
            let first =
                rule == "registry-delete"
                ? "root: \(registry.root), min-age: 0s, images: [\"shop/*:pr-*\"]"
                : "registry: \(registry.server.address), delete: [\"*:pr-*\"]"
            let pipeline = stages([
                (rule, first), ("registry-gc", "root: \(registry.root), min-age: 0s, delete-untagged: true"),
                ("registry-check", "root: \(registry.root)"),
            ])
            let before = try await registry.listing()
            let planned = try await registry.run(pipeline: pipeline, ["--plan", "plan.json"])
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(try await registry.listing() == before, "a plan changes nothing")
            let plan = try PlanFileContent("plan.json", in: registry.directory)
            #expect(!plan.stages[0].changes.isEmpty && !plan.stages[1].changes.isEmpty)
            let files = try await registry.files()
            let run = try await registry.run(pipeline: pipeline, ["--apply", "plan.json"])
            #expect(run.exitCode == 0, "\(run)")
            let left = try await registry.files()
            for change in plan.stages[1].changes where Self.stored.contains(change.action) {
                #expect(!left.contains { $0.hasPrefix(change.target) }, "'\(change.target)' is still there")
            }
            let blobs = files.subtracting(left).filter { $0.contains("/v2/blobs/") }
            #expect(blobs.allSatisfy { plan.targets("remove-blob").contains($0) })
            for (tag, stays) in [("shop/api:v1", true), ("shop/api:pr-2", false), ("shop/web:pr-1", false)] {
                #expect(try await registry.canPull(tag) == stays, "\(tag): \(run)")
            }
            // What the first stage made garbage and left is not in the plan, which is said, and the next run has it.
            let leaves = rule == "registry-retention"
            #expect(run.findings("registry-gc", "not-in-plan").isEmpty != leaves, "\(run)")
            let gc = try await registry.run("registry-gc", Self.gc)
            #expect(gc.exitCode == 0, "\(gc)")
            #expect(gc.findings("registry-gc", "removed").isEmpty != leaves, "\(gc)")
            #expect(try await registry.canPull("shop/api:v1"))
            let check = try await registry.run("registry-check", ["verify": "digests"])
            #expect(check.exitCode == 0, "\(check)")
        }
    }

    @Test(arguments: ["registry-gc", "registry-delete"])
    func aPlanThatIsCarriedOutAgainHasNothingLeftToDo(rule: String) async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let settings = rule == "registry-gc" ? Self.gc : ["images": "[\"shop/web:pr-*\"]", "min-age": "0s"]
            let plan = try await plan(rule, settings, of: registry)
            let first = try await registry.run(rule, settings, ["--apply", "plan.json"])
            #expect(first.exitCode == 0, "\(first)")
            let before = try await registry.files()
            let again = try await registry.run(rule, settings, ["--apply", "plan.json"])
            #expect(again.exitCode == 0, "\(again)")
            #expect(
                again.findings(rule, "made-before").map(\.message) == [
                    "nothing is left to do: all \(plan.stages[0].changes.count) planned changes had been made before"
                ],
                "\(again)"
            )
            #expect(again.findings(rule, "removed").isEmpty, "\(again)")
            #expect(try await registry.files() == before)
        }
    }

    @Test func whatTwoStagesOfAPlanWouldGiveBackIsCountedOnce() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let gc = "root: \(registry.root), min-age: 0s, delete-untagged: true"
            let one = try await registry.run(pipeline: stages([("registry-gc", gc)]), ["--dry-run"])
            let two = try await registry.run(
                pipeline: "stages: [{rule: registry-gc, with: {\(gc)}}, {rule: registry-gc, name: again, with: {\(gc)}}]\n",
                ["--dry-run"]
            )
            func planned(_ run: HookRun) throws -> Substring {
                try #require(run.outcome.standardOutput.split(separator: "\n").last { $0.contains("would be reclaimed") }, "\(run)")
                    .split(separator: " · ").first { $0.contains("would be reclaimed") } ?? ""
            }
            #expect(try planned(one) == planned(two), "\(two)")
        }
    }

    @Test func aStoppedCollectionSaysWhatIsInTheTrashAndHowItComesBack() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let before = try await registry.files()
            let pipeline = stages([("registry-gc", "root: \(registry.root), min-age: 0s, delete-untagged: true, trash: 1h")])
            let run = try await registry.interrupt(pipeline: pipeline, whenGone: before)
            #expect(run.exitCode == 130, "\(run)")
            let found = try #require(run.findings("registry-gc", "interrupted").first, "\(run)")
            let remedy = try #require(found.remedy)
            #expect(remedy.hasPrefix("hook registry restore --root \(registry.root) --run "))
            let restored = try await registry.hook(Array(remedy.split(separator: " ").map(String.init).dropFirst()))
            #expect(restored.exitCode == 0, "\(restored)")
            #expect(try await registry.files() == before)
        }
    }

    @Test func retentionDeletesExactlyThePlannedTagsAndRefusesOneThatMoved() async throws {
        try await TestRegistry.withOne { registry in
            for name in ["one", "two", "three", "four"] { registry.layout.image(name, layers: [TestRegistry.layer(name)]) }
            try await registry.push("one", to: "shop/api:pr-1")
            try await registry.push("two", to: "shop/api:pr-2")
            try await registry.push("three", to: "shop/api:main")
            let settings = ["delete": "[\"*:pr-*\"]"]
            let name = "\(registry.server.address)/shop/api"
            let before = try await registry.listing()
            let planned = try await registry.retain(settings, ["--plan", "plan.json"])
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(try await registry.listing() == before, "a plan changes nothing")
            let plan = try PlanFileContent("plan.json", in: registry.directory)
            #expect(plan.stages[0].changes.map(\.subject) == ["\(name):pr-1", "\(name):pr-2"])
            // A tag that moved: nothing goes.
            try await registry.push("four", to: "shop/api:pr-1")
            let refused = try await registry.retain(settings, ["--apply", "plan.json"])
            #expect(refused.exitCode == 69, "\(refused)")
            let found = refused.findings("registry-retention")
            #expect(found.map(\.subject) == ["\(name):pr-1"], "\(refused)")
            #expect(found.first?.type == "changed-since-plan")
            #expect(
                found.first?.message.hasPrefix(
                    "it is not to be removed any more: what is due under this name is now delete-manifest \(name)@"
                )
                    == true,
                "\(refused)"
            )
            for tag in ["pr-1", "pr-2", "main"] { #expect(try await registry.canPull("shop/api:\(tag)"), "\(tag): \(refused)") }
            // Back as it was, with one more: just the planned ones go.
            try await registry.push("one", to: "shop/api:pr-1")
            try await registry.push("four", to: "shop/api:pr-3")
            let run = try await registry.retain(settings, ["--apply", "plan.json"])
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.findings("registry-retention", "removed").map(\.subject) == ["\(name):pr-1", "\(name):pr-2"], "\(run)")
            #expect(run.findings("registry-retention", "not-in-plan").map(\.subject) == ["\(name):pr-3"], "\(run)")
            for (tag, stays) in [("pr-1", false), ("pr-2", false), ("pr-3", true), ("main", true)] {
                #expect(try await registry.canPull("shop/api:\(tag)") == stays, "\(tag): \(run)")
            }
        }
    }
}
