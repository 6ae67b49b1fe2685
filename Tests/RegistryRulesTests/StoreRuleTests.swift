import HookKit
import HookTesting
import Synchronization
import Testing

@testable import RegistryRules

/// What the rules about a registry's directory make of a store's report.
@Suite struct StoreRuleTests {
    private static let rules: [any Rule.Type] = [RegistryGC.self, RegistryDelete.self, RegistryCheckup.self]

    /// What a rule finds in a store `store`, but for the sum.
    private func findings(
        _ rule: any Rule.Type,
        _ settings: ConfigValue,
        _ report: RegistryStoreReport,
        isDryRun: Bool = false
    ) async throws -> [Finding] {
        try await run(rule, settings, ["store": report], isDryRun: isDryRun).findings.filter { $0.subject != "store" }
    }

    /// Everything that a rule finds, and whether it was stopped.
    private func run(
        _ rule: any Rule.Type,
        _ settings: ConfigValue,
        _ reports: [String: RegistryStoreReport],
        isDryRun: Bool = false
    ) async throws -> (findings: [Finding], isStopped: Bool, reclaimed: ByteSize) {
        let preparation = RegisteredRule(rule, origin: "tests").prepare(settings, directory: RuleExampleSuite.directory)
        try #require(preparation.diagnostics.map(\.message) == [])
        let collector = FindingCollector()
        let reclaimed = Mutex(ByteSize.zero)
        let context = RuleContext(
            stage: "store",
            directory: RuleExampleSuite.directory,
            isDryRun: isDryRun,
            environment: RunEnvironment(
                build: BuildRecord(run: "test", pipeline: "test"),
                event: .manual,
                variables: [:],
                now: { ExampleWorld.now }
            ),
            services: FakeServices(ExampleWorld(registryStores: reports)),
            permission: { $0.map { _ in true } },
            output: { output in
                if case .reclaimed(let size) = output { reclaimed.withLock { $0 += size } }
                collector.take(output)
            }
        )
        do {
            try await #require(preparation.rule).run(in: context)
        } catch is CancellationError {
            return (collector.findings, true, reclaimed.withLock { $0 })
        }
        return (collector.findings, false, reclaimed.withLock { $0 })
    }

    @Test func noDirectoryIsWorkedOnByNobody() {
        for rule in Self.rules {
            var settings: [ConfigValue.Entry] = [.init(key: "root", value: "store"), .init(key: "jobs", value: 0)]
            if rule == RegistryDelete.self { settings.append(.init(key: "images", value: ["a"])) }
            let preparation = RegisteredRule(rule, origin: "tests").prepare(ConfigValue(.mapping(settings)), directory: "/")
            #expect(preparation.diagnostics.map(\.message) == ["'jobs' must be at least 1"], "\(rule)")
        }
    }

    @Test func onlyANameThatIsNotThereFailsADeletion() async throws {
        var report = RegistryStoreReport()
        report.unmatched = ["team/*:pr-*", "team/app:v1", "tickets", "team/app:v[12]"]
        let findings = try await findings(RegistryDelete.self, ["root": "store", "images": ["a"]], report)
        #expect(
            findings.map { "\($0.outcome) \($0.type) \($0.message)" } == [
                "skipped no-match nothing in the registry's directory matches 'team/*:pr-*'",
                "failed not-found nothing in the registry's directory matches 'team/app:v1'",
                "failed not-found nothing in the registry's directory matches 'tickets'",
                "skipped no-match nothing in the registry's directory matches 'team/app:v[12]'",
            ]
        )
        // What chooses the repositories of a collection is not for what comes and goes.
        report.unmatched = ["team/*"]
        #expect(
            try await self.findings(RegistryGC.self, ["root": "store", "repositories": ["team/*"]], report).map(\.outcome) == [.failed]
        )
    }

    @Test(arguments: [0, 1]) func aPlanIsNotTakenForMadeWhereNothingIsLeftAtAll(repositories: Int) async throws {
        var report = RegistryStoreReport()
        report.plan = .init(planned: 2, madeBefore: 2, left: [])
        report.counts = [.init("repository", repositories)]
        let findings = try await run(RegistryGC.self, ["root": "store"], ["store": report]).findings
        let expected =
            repositories == 0
            ? "failed no-repository 'store' holds no repository, so that nothing tells whether the plan was carried out before"
            : "passed made-before nothing is left to do: all 2 planned changes had been made before"
        #expect(findings.first.map { "\($0.outcome) \($0.type) \($0.message)" } == expected)
    }

    @Test func whatMatchesNothingMayBeWhatCannotBeRead() async throws {
        var report = RegistryStoreReport()
        report.unmatched = ["team/app:v1"]
        report.problems = [Self.problem("unreadable", "repositories/team")]
        let findings = try await findings(RegistryDelete.self, ["root": "store", "images": ["a"]], report)
        #expect(
            findings.first?.message == "nothing in the registry's directory matches 'team/app:v1', or it cannot be read"
        )
    }

    /// Something that breaks images, at a path in a repository.
    private static func problem(_ kind: String, _ path: String) -> RegistryStoreReport.Problem {
        .init(kind: kind, path: "store/docker/registry/v2/\(path)", repository: "a", message: "it is so", breaksImages: true)
    }

    private static let repair = "hook rules run registry-check root=/project/store repair=true"
    private static let damaged = [
        "where its content is not what its digest names, this moves it to the trash, and brings a sound copy back where the trash holds one: \(repair)",
        "otherwise remove the file, restart a registry that keeps blobs in memory, and push the image again",
    ]

    @Test(arguments: [
        ("missing-link", "repositories/a/_layers/sha256/aa/link", Self.repair as String?, [] as [String]),
        ("empty-link", "repositories/a/_manifests/revisions/sha256/aa/link", repair, []), ("dangling-tag", "x", repair, []),
        ("damaged-link", "repositories/a/_layers/sha256/aa/link", repair, []),
        ("truncated-blob", "x", repair, damaged), ("corrupt-blob", "x", repair, damaged), ("damaged-manifest", "x", nil, damaged),
        ("missing-blob", "x", nil, ["where the trash holds it, this brings it back: \(repair)"]),
        ("missing-manifest", "x", nil, ["where the trash holds it, this brings it back: \(repair)"]),
        (
            "missing-manifest", "repositories/a/_manifests/revisions/sha256/aa/link", nil,
            ["where the trash holds it, this brings it back, and where nothing names it, the link to it goes to the trash: \(repair)"]
        ),
    ]) func theRemedyIsTheRepairWhereItMends(kind: String, path: String, remedy: String?, hints: [String]) async throws {
        var report = RegistryStoreReport()
        report.problems = [Self.problem(kind, path)]
        report.counts = [.init("repository", 1)]
        let cases: [(any Rule.Type, ConfigValue, Bool, Bool)] = [
            (RegistryGC.self, ["root": "store"], false, true), (RegistryCheckup.self, ["root": "store"], false, true),
            (RegistryCheckup.self, ["root": "store", "repair": true], true, true),
            // What a repair has left, the next one leaves as well, unless the store says that there is more to mend.
            (RegistryCheckup.self, ["root": "store", "repair": true], false, false),
            (RegistryCheckup.self, ["root": "store", "repair": true], false, true),
        ]
        for (number, (rule, settings, isDryRun, isOffered)) in cases.enumerated() {
            report.canBeMendedFurther = number == cases.count - 1
            let finding = try #require(try await findings(rule, settings, report, isDryRun: isDryRun).first)
            #expect(finding.outcome == .failed && finding.type == kind)
            #expect(finding.remedy == (isOffered ? remedy : nil))
            #expect(Array(finding.details) == ["in the repository 'a'"] + (isOffered ? hints : []))
        }
    }

    @Test(arguments: [
        ("empty-link", "repositories/a/_manifests/tags/v1/current/link", true),
        ("damaged-link", "repositories/a/_manifests/tags/v1/current/link", true),
        ("tag-without-link", "repositories/a/_manifests/tags/v1", true),
        ("empty-link", "repositories/a/_manifests/tags/v*/current/link", false),
        ("empty-link", "repositories/tags/a/_manifests/revisions/sha256/aa/link", false),
    ]) func howATagGoesWhoseLinkSaysNothingIsSaid(kind: String, path: String, isTag: Bool) async throws {
        var report = RegistryStoreReport()
        report.problems = [Self.problem(kind, path)]
        for rule in Self.rules {
            let settings: ConfigValue = rule == RegistryDelete.self ? ["root": "store", "images": ["b"]] : ["root": "store"]
            let finding = try #require(try await findings(rule, settings, report).first)
            let hint = "this removes the tag: hook rules run registry-delete root=/project/store images=a:v1"
            #expect(Array(finding.details) == ["in the repository 'a'"] + (isTag ? [hint] : []))
            #expect((finding.remedy == nil) == path.contains("/_manifests/tags/"))
        }
    }

    @Test(arguments: [false, true]) func whatGoesToTheTrashGivesNoSpaceBackByItself(isDryRun: Bool) async throws {
        var report = RegistryStoreReport()
        report.groups = [.init(subject: "blobs", counts: [.init("blob", 1)], bytes: "3kB", removals: [])]
        let settings: ConfigValue = ["root": "store"]
        #expect(try await findings(RegistryGC.self, settings, report, isDryRun: isDryRun).map(\.bytes) == ["3kB"])
        if isDryRun { report.wouldBeKeptFor = .seconds(3600) } else { report.trash = "1000-3600-1" }
        #expect(try await findings(RegistryGC.self, settings, report, isDryRun: isDryRun).map(\.bytes) == [nil])
    }

    @Test(arguments: [
        ("store", "/project/store", "root=/project/store"), ("/srv/registry", "/srv/registry", "root=/srv/registry"),
        ("../my store", "'/project/../my store'", "'root=/project/../my store'"),
    ]) func aCommandToCopyWorksWhereverItIsTyped(root: String, argument: String, setting: String) async throws {
        var report = RegistryStoreReport()
        report.counts = [.init("repository", 1)]
        report.trash = "1000-3600-1"
        let restoration = "hook registry restore --root \(argument) --run 1000-3600-1"
        let rules: [(any Rule.Type, ConfigValue)] = [
            (RegistryGC.self, ["root": .init(.string(root))]), (RegistryDelete.self, ["root": .init(.string(root)), "images": ["a"]]),
        ]
        for (rule, settings) in rules {
            report.isInterrupted = false
            let done = try await run(rule, settings, [root: report])
            #expect(done.findings.map(\.subject) == [root] && done.findings.first?.remedy == restoration && !done.isStopped)
            report.isInterrupted = true
            let stopped = try await run(rule, settings, [root: report])
            #expect(stopped.findings.map(\.subject) == [root] && stopped.findings.first?.remedy == restoration && stopped.isStopped)
        }
        var lacking = RegistryStoreReport()
        lacking.problems = [Self.problem("missing-link", "repositories/a/_layers/sha256/aa/link")]
        let check = try await run(RegistryCheckup.self, ["root": .init(.string(root))], [root: lacking])
        #expect(check.findings.first?.remedy == "hook rules run registry-check \(setting) repair=true")
    }

    @Test func aFailureIsSaidOnceAtItsPath() async throws {
        var report = RegistryStoreReport()
        report.failures = [.init(path: "/srv/a:b/docker/registry/v2/blobs", "operation not permitted")]
        let found = try await findings(RegistryGC.self, ["root": "store"], report)
        #expect(found.map(\.subject) == ["/srv/a:b/docker/registry/v2/blobs"])
        #expect(found.map { "\($0.outcome) \($0.type) \($0.message)" } == ["error not-removed operation not permitted"])
    }

    @Test(
        arguments: [
            (
                ByteSize?.none, "1000-3600-1" as String?,
                "the run was stopped; what went so far is in the trash, until the next collection after its period"
            ),
            (
                "1kB", "1000-3600-1",
                "the run was stopped while it deleted what it had moved to the trash; what is left there can be put back until the next collection"
            ), ("1kB", nil, nil),
        ] as [(ByteSize?, String?, String?)]
    )
    func aStoppedRunSaysWhatCanBePutBack(left: ByteSize?, trash: String?, message: String?) async throws {
        var report = RegistryStoreReport()
        (report.isInterrupted, report.leftInTrash, report.trash) = (true, left, trash)
        let stopped = try await run(RegistryGC.self, ["root": "store"], ["store": report])
        #expect(stopped.isStopped && stopped.findings.map(\.message) == (message.map { [$0] } ?? []))
    }

    @Test func whatAStoppedRunGaveBackCounts() async throws {
        var report = RegistryStoreReport()
        (report.isInterrupted, report.freed) = (true, "3kB")
        #expect(try await run(RegistryGC.self, ["root": "store"], ["store": report]).reclaimed == "3kB")
    }
}
