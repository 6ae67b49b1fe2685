import HookKit
import HookTesting
import Testing

@testable import ImageRules

/// What `prune` plans for records of the build cache.
@Suite struct PruneBuildCacheTests {
    private static func record(
        _ id: String,
        on parents: [String] = [],
        usedBefore seconds: Int64? = 90_000,
        isInUse: Bool = false,
        isShared: Bool = false
    ) -> BuildCacheRecord {
        BuildCacheRecord(
            id: id,
            parents: parents,
            description: "",
            isInUse: isInUse,
            isShared: isShared,
            size: 1000,
            created: ExampleWorld.now - .seconds(100_000),
            lastUsed: seconds.map { ExampleWorld.now - .seconds($0) }
        )
    }

    private static func run(_ records: [BuildCacheRecord], _ settings: [(String, ConfigValue)] = []) async throws -> (
        findings: [String], left: [String]
    ) {
        var world = ExampleWorld()
        world.buildCache = records
        let engine = FakeEngine(world)
        let entries = [("build-cache", true), ("older-than", "1h")] + settings
        let given = ConfigValue(.mapping(entries.map { .init(key: $0.0, value: $0.1) }))
        let rule = try #require(RegisteredRule(Prune.self, origin: "tests").prepare(given, directory: "/").rule)
        let collector = FindingCollector()
        let context = RuleContext(
            stage: "s",
            isDryRun: false,
            environment: RunEnvironment(
                build: BuildRecord(run: "r", pipeline: "p"),
                event: .manual,
                variables: [:],
                now: { ExampleWorld.now }
            ),
            services: FakeServices(
                engine: engine,
                ledger: FakeLedger(world),
                commands: FakeCommandRunner(world),
                archives: FakeImageArchives(world.archives)
            ),
            output: collector.take
        )
        try await rule.run(in: context)
        let left = try await engine.diskUsage().buildCache.map(\.id)
        return (collector.findings.map { "\($0.type) \($0.subject): \($0.message)" }, left)
    }

    @Test func whatBuildsOnOthersGoesBeforeThemInOneRun() async throws {
        let records = [Self.record("base"), Self.record("middle", on: ["base"]), Self.record("top", on: ["middle", "base"])]
        let run = try await Self.run(records)
        #expect(
            run.findings == [
                "removed build cache top: last used 1 day ago", "removed build cache middle: last used 1 day ago",
                "removed build cache base: last used 1 day ago",
            ]
        )
        #expect(run.left == [])
    }

    @Test func aRecordThatStaysKeepsWhatItBuildsOnAndSaysSo() async throws {
        let records = [
            Self.record("base"), Self.record("fresh", on: ["base"], usedBefore: 60), Self.record("busy", isInUse: true),
            Self.record("old", on: ["busy"]), Self.record("never", usedBefore: nil),
        ]
        let run = try await Self.run(records)
        #expect(
            Set(run.findings) == [
                "kept build cache base: the record fresh, which stays, builds on it",
                "kept build cache fresh: used 1 minute ago, less than 1h", "kept build cache busy: a build uses it",
                "removed build cache old: last used 1 day ago", "removed build cache never: never used",
            ]
        )
        #expect(run.left == ["base", "fresh", "busy"])
    }

    @Test func withinABudgetTheLeastRecentlyUsedGoesAndNothingThatAnotherNeeds() async throws {
        let records = [
            Self.record("base", usedBefore: 95_000), Self.record("recent", on: ["base"], usedBefore: 91_000),
            Self.record("older", usedBefore: 93_000), Self.record("shared", usedBefore: 99_000, isShared: true),
        ]
        let run = try await Self.run(records, [("keep-bytes", "2kB")])
        #expect(
            Set(run.findings) == [
                "kept build cache base: everything stays within 2kB without removing it",
                "kept build cache recent: everything stays within 2kB without removing it",
                "removed build cache older: last used 1 day ago", "removed build cache shared: last used 1 day ago",
            ]
        )
        #expect(run.left == ["base", "recent"])
    }

    @Test func recordsThatBuildOnThemselvesStay() async throws {
        let run = try await Self.run([Self.record("one", on: ["two"]), Self.record("two", on: ["one"]), Self.record("three", on: ["two"])])
        #expect(
            Set(run.findings.map { $0.split(separator: ":")[0] }) == [
                "kept build cache one", "kept build cache two", "kept build cache three",
            ]
        )
        #expect(run.left == ["one", "two", "three"])
    }
}
