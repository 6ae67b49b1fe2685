import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// What the rules about a registry's directory do to one that a real registry wrote, and that it serves again afterwards.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable))
struct RegistryStorageTests {
    /// What `push` left in the registry.
    private struct Images {
        let first: BlobKey
        let second: BlobKey
        let firstSignature: BlobKey
        let amd64: BlobKey
        let oldIndex: BlobKey
        let newIndex: BlobKey

        /// The names that must be served, whatever is collected.
        var kept: [String] {
            [
                "shop/api:v1", "shop/api:\(Self.signatureTag(second))", "shop/web:latest", "shop/multi:v1", "shop/multi@\(amd64)",
                "deep/er/than/that:v1",
            ]
        }

        /// The names that nothing needs.
        var garbage: [String] { ["shop/api@\(first)", "shop/api@\(firstSignature)", "shop/multi@\(oldIndex)"] }

        static func signatureTag(_ subject: BlobKey) -> String { "sha256-\(subject.hex).sig" }
    }

    /// Pushes images, two indexes that share a child, signatures and a shared layer, and pushes over some of them.
    private func push(to registry: inout TestRegistry) async throws -> Images {
        let shared = TestRegistry.layer("shared")
        let first = registry.layout.image("first", layers: [shared, TestRegistry.layer("first")])
        let second = registry.layout.image("second", layers: [shared, TestRegistry.layer("second")])
        let firstSignature = registry.layout.image("first-signature", layers: [TestRegistry.layer("signed first")], subject: first)
        registry.layout.image("second-signature", layers: [TestRegistry.layer("signed second")], subject: second)
        registry.layout.image("web", layers: [TestRegistry.layer("first")])
        let amd64 = registry.layout.image("amd64", layers: [shared, TestRegistry.layer("amd64")])
        let oldARM = registry.layout.image("old-arm64", layers: [shared, TestRegistry.layer("old arm64")])
        let newARM = registry.layout.image("new-arm64", layers: [shared, TestRegistry.layer("new arm64")])
        let oldIndex = registry.layout.index("old-index", of: [amd64, oldARM])
        let newIndex = registry.layout.index("new-index", of: [amd64, newARM])
        try await registry.push("first", to: "shop/api:v1")
        try await registry.push("first-signature", to: "shop/api:\(Images.signatureTag(first))")
        try await registry.push("second", to: "shop/api:v1")
        try await registry.push("second-signature", to: "shop/api:\(Images.signatureTag(second))")
        try await registry.push("web", to: "shop/web:latest")
        try await registry.push("old-index", to: "shop/multi:v1")
        try await registry.push("new-index", to: "shop/multi:v1")
        try await registry.push("first", to: "deep/er/than/that:v1")
        return Images(
            first: first,
            second: second,
            firstSignature: firstSignature,
            amd64: amd64,
            oldIndex: oldIndex,
            newIndex: newIndex
        )
    }

    /// What a run says that it removes: kind, path and reason of each thing.
    private func removals(_ run: HookRun, _ stage: String, _ type: String) -> [String] {
        run.findings(stage, type).flatMap(\.details)
    }

    @Test(arguments: [false, true]) func aDryRunShowsThePlanAndARunCarriesOutJustThat(isStopped: Bool) async throws {
        try await TestRegistry.withOne { registry in
            let images = try await push(to: &registry)
            if isStopped { try await registry.server.stop() }
            let settings = ["delete-untagged": "true", "min-age": "0s", "registry": registry.server.url]
            let before = try await registry.listing()
            let filesBefore = try await registry.files()
            let dry = try await registry.run("registry-gc", settings, ["--dry-run"])
            #expect(dry.exitCode == 0, "\(dry)")
            #expect(try await registry.listing() == before, "a dry run changes nothing")
            let run = try await registry.run("registry-gc", settings)
            #expect(run.exitCode == 0, "\(run)")
            let planned = removals(dry, "registry-gc", "would-remove")
            #expect(planned == removals(run, "registry-gc", "removed"))
            let gone = filesBefore.subtracting(try await registry.files())
            for path in gone {
                #expect(planned.contains { path.hasPrefix($0.split(separator: " ")[1]) }, "'\(path)' was not in the plan")
            }
            #expect(!gone.isEmpty)
            try await registry.server.stop()
            try await registry.server.start()
            for name in images.kept { #expect(try await registry.canPull(name), "\(name): \(run)") }
            for name in images.garbage { #expect(try await registry.canPull(name) == false, "\(name): \(run)") }
            let check = try await registry.run("registry-check", ["verify": "digests"])
            #expect(check.exitCode == 0, "\(check)")
            #expect(check.findings("registry-check").map(\.type) == ["checked"], "\(check)")
            let again = try await registry.run("registry-gc", settings, ["--dry-run"])
            #expect(removals(again, "registry-gc", "would-remove") == [], "one run is enough")
        }
    }

    @Test(arguments: [true, false]) func aDryRunAsksARegistryThatRunsForNothingThatChangesIt(deletes: Bool) async throws {
        var configuration = RegistryServer.Configuration()
        (configuration.deletes, configuration.hasMemoryCache, configuration.logsRequests) = (deletes, true, true)
        try await TestRegistry.withOne(configuration) { registry in
            _ = try await push(to: &registry)
            // From here on the log has only what hook asks.
            try await registry.server.stop()
            try await registry.server.start()
            let before = try await registry.listing()
            let address = registry.server.url
            let collection = try await registry.run(
                "registry-gc",
                ["delete-untagged": "true", "min-age": "0s", "registry": address],
                ["--dry-run"]
            )
            let deletion = try await registry.run(
                "registry-delete",
                ["images": "[\"shop/api:v1\"]", "min-age": "0s", "registry": address],
                ["--dry-run"]
            )
            for run in [collection, deletion] { #expect(run.exitCode == 0, "\(run)") }
            #expect(try await registry.listing() == before, "a dry run changes nothing")
            let log = try #require(try await registry.server.stop()).standardOutput
            let methods = log.matches(of: /"([A-Z]+) \/v2\//).map { String($0.output.1) }
            #expect(Set(methods) == ["GET", "OPTIONS"], "\(log)")
            let words =
                "would stay where the registry keeps blobs in memory and does not allow deletes, or is several processes at one address; where it "
                + "allows them, manifests' own blobs that it remembers would stay until it is restarted: a dry run does not try that out"
            #expect(collection.findings("registry-gc", "left-alone").map(\.message) == ["6 layer links and 7 blobs \(words)"])
            #expect(deletion.findings("registry-delete", "left-alone").map(\.message) == ["4 layer links and 6 blobs \(words)"])
        }
    }

    @Test func aDryRunShowsWhatGoesWhereNoTagIsLeft() async throws {
        try await TestRegistry.withOne { registry in
            registry.layout.image("first", layers: [TestRegistry.layer("first")])
            try await registry.push("first", to: "shop/api:v1")
            let deleted = try await registry.retain(["delete": "[\"shop/api:v1\"]"])
            #expect(deleted.exitCode == 0, "\(deleted)")
            registry.layout.image("second", layers: [TestRegistry.layer("second")])
            try await registry.push("second", to: "shop/web:v1")
            let address = registry.server.url
            // The registry keeps the directory of a repository whose tags went; its manifest's link stays where only the tag is taken.
            let tags = "\(registry.root)/docker/registry/v2/repositories/shop/web/_manifests/tags"
            #expect(try await runProcess(["rm", "-r", "\(tags)/v1"]).exitCode == 0)
            let settings = ["delete-untagged": "true", "min-age": "0s", "registry": address]
            let dry = try await registry.run("registry-gc", settings, ["--dry-run"])
            #expect(dry.exitCode == 0, "\(dry)")
            let run = try await registry.run("registry-gc", settings)
            #expect(run.exitCode == 0, "\(run)")
            let planned = removals(dry, "registry-gc", "would-remove")
            #expect(planned.contains { $0.hasPrefix("blob ") }, "\(dry)")
            #expect(planned == removals(run, "registry-gc", "removed"))
        }
    }

    @Test func whatIsFreshStaysByDefault() async throws {
        try await TestRegistry.withOne { registry in
            let images = try await push(to: &registry)
            let before = try await registry.files()
            let run = try await registry.run("registry-gc", ["delete-untagged": "true"])
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await registry.files() == before)
            for name in images.kept + images.garbage { #expect(try await registry.canPull(name), "\(name)") }
        }
    }

    @Test func aTagIsDeletedByThePipelineOfTheExamplesAndWhatIsSharedStays() async throws {
        try await TestRegistry.withOne { registry in
            let images = try await push(to: &registry)
            try await registry.push("second", to: "shop/api:stable")
            let arguments = ["run", "\(Repository.root)/examples/registry-cleanup/pipeline.yml", "--set", "IMAGE=shop/api:v1"]
            let variables = ["REGISTRY_DATA_DIR": registry.root, "REGISTRY": registry.server.url]
            let before = try await registry.listing()
            let dry = try await registry.hook(arguments + ["--dry-run"], variables: variables)
            #expect(dry.exitCode == 0, "\(dry)")
            #expect(try await registry.listing() == before)
            #expect(dry.standardOutput.contains("/repositories/shop/api/_manifests/tags/v1 (asked)"), "\(dry)")
            let run = try await registry.hook(arguments, variables: variables)
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await registry.canPull("shop/api:v1") == false)
            #expect(try await registry.canPull("shop/api:stable"), "its digest has another tag")
            for name in images.kept.dropFirst() { #expect(try await registry.canPull(name), "\(name)") }
        }
    }

    @Test func aRepositoryThatIsDeletedComesBackFromTheTrash() async throws {
        try await TestRegistry.withOne { registry in
            let images = try await push(to: &registry)
            try await registry.server.stop()
            let before = try await registry.files()
            let run = try await registry.run(
                "registry-delete",
                ["images": "[\"shop/multi\", \"deep/er/than/that:v1\"]", "min-age": "0s", "trash": "7d"]
            )
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await registry.files() != before)
            let command = try #require(run.findings("registry-delete", "deleted").first?.remedy)
            // It is shown without being asked for, once.
            #expect(run.outcome.standardOutput.split(separator: "\n").count { $0 == "      → \(command)" } == 1, "\(run)")
            #expect(command.hasPrefix("hook registry restore --root \(registry.root) --run "))
            let wrong = try await registry.hook(["registry", "restore", "--root", registry.root, "--run", "1-2-3"])
            #expect(wrong.exitCode == 69 && wrong.standardError.contains("has no run '1-2-3'; it holds "), "\(wrong)")
            let listed = try await registry.hook(["registry", "restore", "--root", registry.root, "--list"])
            #expect(listed.exitCode == 0 && listed.standardOutput.contains("kept until"), "\(listed)")
            let restored = try await registry.hook(command.split(separator: " ").dropFirst().map(String.init))
            #expect(restored.exitCode == 0, "\(restored)")
            #expect(restored.standardOutput.contains("back: \(registry.root)/docker/registry/v2/repositories/"), "\(restored)")
            #expect(try await registry.files() == before, "\(restored)")
            try await registry.server.start()
            for name in images.kept { #expect(try await registry.canPull(name), "\(name)") }
            let empty = try await registry.hook(["registry", "restore", "--root", registry.root, "--list"])
            #expect(empty.exitCode == 0, "\(empty)")
            #expect(empty.standardOutput == "nothing in the trash of '\(registry.root)/docker/registry/v2'\n", "\(empty)")
            let nothing = try await registry.hook(["registry", "restore", "--root", registry.root])
            #expect(nothing.exitCode == 69, "\(nothing)")
            #expect(nothing.standardError.contains("nothing to put back: the trash of '"), "\(nothing)")
        }
    }

    @Test func aRestorationLinksNothingThatLacksSomethingAndSaysSo() async throws {
        try await TestRegistry.withOne { registry in
            _ = try await push(to: &registry)
            try await registry.server.stop()
            let run = try await registry.run("registry-delete", ["images": "[\"shop/multi\"]", "min-age": "0s", "trash": "7d"])
            #expect(run.exitCode == 0, "\(run)")
            let base = "\(registry.root)/docker/registry/v2"
            // A blob that the deletion took is lost from the trash.
            let trashed = try await runProcess(["find", "\(base)/_hook/trash", "-path", "*/blobs/sha256/*/*", "-type", "f"])
            let lost = try #require(String(decoding: trashed.outputBytes, as: UTF8.self).split(separator: "\n").min().map(String.init))
            let removed = try await runProcess(["rm", lost])
            try #require(removed.exitCode == 0)
            let restored = try await registry.hook(["registry", "restore", "--root", registry.root])
            #expect(restored.exitCode == 1, "\(restored)")
            #expect(
                restored.standardOutput.contains("stays in the trash, since something that it names is missing: \(base)/"),
                "\(restored)"
            )
            #expect(!restored.standardOutput.contains("an image lacks something"), "\(restored)")
            let hex = try #require(lost.split(separator: "/").last)
            #expect(restored.standardOutput.contains(hex), "\(restored)")
        }
    }

    @Test func damageFailsIsMendedWhereNothingIsGuessedAndKeepsItsRepositoryWhole() async throws {
        try await TestRegistry.withOne { registry in
            let images = try await push(to: &registry)
            try await registry.server.stop()
            let base = "\(registry.root)/docker/registry/v2"
            let link = "\(base)/repositories/shop/api/_manifests/revisions/sha256/\(images.first.hex)/link"
            let emptied = try await runProcess(["truncate", "--size", "0", link])
            try #require(emptied.exitCode == 0)
            let check = try await registry.run("registry-check", [:])
            #expect(check.exitCode == 1, "\(check)")
            #expect(check.findings("registry-check").filter { $0.outcome == "failed" }.map(\.subject) == [link], "\(check)")
            let collected = try await registry.run("registry-gc", ["delete-untagged": "true", "min-age": "0s"])
            #expect(collected.exitCode == 1, "\(collected)")
            #expect(removals(collected, "registry-gc", "removed").allSatisfy { !$0.contains("/shop/api/") }, "\(collected)")
            #expect(removals(collected, "registry-gc", "removed").contains { $0.contains("/shop/multi/") }, "\(collected)")
            let repaired = try await registry.run("registry-check", ["repair": "true", "verify": "digests"])
            #expect(repaired.exitCode == 0, "\(repaired)")
            #expect(repaired.findings("registry-check", "mended").map(\.subject) == [link], "\(repaired)")
            try await registry.server.start()
            for name in images.kept + ["shop/api@\(images.first)"] { #expect(try await registry.canPull(name), "\(name)") }
        }
    }

    @Test func anotherCollectorIsWaitedForByNobodyAndAPathThatIsNoStoreIsRefused() async throws {
        try await TestRegistry.withOne { registry in
            _ = try await push(to: &registry)
            let lock = try StorageLock(StorageRoot(path: registry.root))
            for arguments in [[], ["--dry-run"]] {
                let run = try await registry.run("registry-gc", [:], arguments)
                #expect(run.exitCode == 75, "\(run)")
            }
            let restore = try await registry.hook(["registry", "restore", "--root", registry.root])
            #expect(restore.exitCode == 75, "\(restore)")
            withExtendedLifetime(lock) {}
            let other = try await registry.hook(["rules", "run", "registry-gc", "root=layout"])
            #expect(other.exitCode == 69, "\(other)")
            #expect(other.standardOutput.contains("is no registry's storage"), "\(other)")
        }
    }
}
