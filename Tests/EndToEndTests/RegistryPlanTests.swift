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
            #expect(text.contains("is not as it was when the plan was"), "\(run)")
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
