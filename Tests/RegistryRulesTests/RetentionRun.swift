import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// One run of `registry-retention` on a registry in memory.
struct RetentionRun {
    static let host = "registry.local:5000"

    let registries: FakeRegistries
    let findings: FindingCollector
    let error: (any Error)?

    init(
        _ settings: ConfigValue,
        on example: ExampleRegistry,
        isDryRun: Bool = false,
        world: ExampleWorld = ExampleWorld(),
        engine: Result<any ContainerEngine, any Error>? = nil,
        clock: TestClock = TestClock(),
        before: (@Sendable (_ request: String, _ registry: inout ExampleRegistry) throws -> Void)? = nil,
        permission: @escaping @Sendable ([PlannedChange]) async throws -> [Bool] = { $0.map { _ in true } }
    ) async throws {
        registries = FakeRegistries([Self.host: example], access: isDryRun ? .dryRun : .changes)
        if let before { registries[Self.host]?.before(before) }
        findings = FindingCollector()
        let preparation = RegisteredRule(RegistryRetention.self, origin: "tests").prepare(settings, directory: "/project")
        try #require(preparation.diagnostics.map(\.message) == [])
        let rule = try #require(preparation.rule)
        let context = RuleContext(
            stage: "retention",
            directory: "/project",
            isDryRun: isDryRun,
            environment: RunEnvironment(
                build: BuildRecord(run: "test", pipeline: "test"),
                event: .manual,
                variables: [:],
                now: { clock.now }
            ),
            services: FakeServices(
                engine: engine ?? .success(FakeEngine(world)),
                ledger: .success(FakeLedger(world)),
                commands: FakeCommandRunner(world),
                archives: FakeImageArchives([:]),
                registries: registries,
                deploymentFiles: FakeDeploymentFiles(world.deploymentFiles)
            ),
            permission: permission,
            output: findings.take
        )
        var thrown: (any Error)?
        do {
            try await rule.run(in: context)
        } catch {
            thrown = error
        }
        error = thrown
    }

    var registry: FakeRegistry {
        guard let registry = registries[Self.host] else { preconditionFailure("the run has one registry") }
        return registry
    }

    /// The tags that are left, sorted.
    var tags: [String] { registry.state.tags.keys.sorted() }

    /// The findings about tags, each as `type tag: message`, sorted.
    var verdicts: [String] {
        findings.findings.filter { $0.subject != Self.host }.map { finding in
            "\(finding.type) \(finding.subject.dropFirst(Self.host.count + 1)): \(finding.message)"
        }.sorted()
    }

    /// The finding about a tag.
    func finding(_ tag: String) -> Finding? { findings.findings.first { $0.subject == "\(Self.host)/\(tag)" } }
}
