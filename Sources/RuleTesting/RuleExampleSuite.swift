public import HookKit

/// Runs the examples of a rule, so that one test can show that its documentation is true.
///
///     @Test(arguments: registry.rules) func everyExampleHolds(of rule: RegisteredRule) async {
///         #expect(await RuleExampleSuite(rule).problems() == [])
///     }
///
/// Each example that acts runs as a dry run first, in which nothing may change, and then in earnest. An engine and a ledger in memory stand
/// in for the real ones.
public struct RuleExampleSuite: Sendable {
    /// The directory that relative paths in examples are relative to.
    public static let directory = "/project"

    private let rule: RegisteredRule

    /// Makes a suite for a rule.
    public init(_ rule: RegisteredRule) { self.rule = rule }

    /// What does not hold, a text for each; empty where everything does.
    public func problems() async -> [String] {
        var problems: [String] = []
        var hasChanged = false
        for example in rule.examples {
            let found: [String]
            switch example.expectation {
            case .refusal(let message): found = refusalProblems(example, expected: message)
            case .findings(let expected):
                let outcome = await findingProblems(example, expected: expected)
                found = outcome.problems
                hasChanged = hasChanged || outcome.hasChanged
            }
            problems += found.map { "\(rule.name), '\(example.title)': \($0)" }
        }
        return problems + missingExamples(hasChanged: hasChanged).map { "\(rule.name): \($0)" }
    }

    // MARK: - What examples there must be

    private func missingExamples(hasChanged: Bool) -> [String] {
        var missing: [String] = []
        var acting = 0
        var refused = 0
        for example in rule.examples {
            switch example.expectation {
            case .findings: acting += 1
            case .refusal: refused += 1
            }
        }
        if acting == 0 { missing.append("no example shows what it finds") }
        if refused == 0 { missing.append("no example shows settings that are refused") }
        if acting > 0, rule.effect == .changes, !hasChanged { missing.append("no example shows what it changes") }
        let repeated = Dictionary(grouping: rule.examples, by: \.title).filter { $0.value.count > 1 }.keys.sorted()
        return missing + repeated.map { "two examples have the title '\($0)'" }
    }

    // MARK: - Refusals

    private func refusalProblems(_ example: RuleExample, expected: String) -> [String] {
        let preparation = rule.prepare(example.settings, directory: Self.directory)
        let messages = preparation.diagnostics.filter { $0.severity == .error }.map(\.message)
        guard messages != [expected] else { return [] }
        guard !messages.isEmpty else { return ["the settings are accepted instead of refused with: \(expected)"] }
        return ["the settings are refused with: \(messages.joined(separator: " | ")); instead of: \(expected)"]
    }

    // MARK: - Findings

    private struct Run {
        let findings: [Finding]
        let error: (any Error)?
        let changesAsked: [FakeEngineRequest]
        let commandsRun: [Command]
        let hasEngineChanged: Bool
        let hasLedgerChanged: Bool
        let haveStoresChanged: Bool
        let haveRegistriesChanged: Bool

        /// Whether anything is not as it was before the run.
        var hasChanged: Bool {
            !changesAsked.isEmpty || !commandsRun.isEmpty || hasEngineChanged || hasLedgerChanged || haveStoresChanged
                || haveRegistriesChanged
        }
    }

    private func findingProblems(
        _ example: RuleExample,
        expected: [RuleExample.ExpectedFinding]
    ) async -> (problems: [String], hasChanged: Bool) {
        let preparation = rule.prepare(example.settings, directory: Self.directory)
        let messages = preparation.diagnostics.map { "the settings are refused with: \($0.message)" }
        guard let prepared = preparation.rule, messages.isEmpty else { return (messages, false) }

        let dryRun = await run(prepared, in: example.world, isDryRun: true)
        var problems = dryRunProblems(dryRun)

        // A rule is made anew for every run.
        guard let second = rule.prepare(example.settings, directory: Self.directory).rule else {
            return (problems + ["the settings are refused when they are read a second time"], false)
        }
        let run = await run(second, in: example.world, isDryRun: false)
        if let error = run.error { problems.append("it could not be carried out: \(error)") }
        problems += differences(between: run.findings, and: expected)
        problems += run.findings.flatMap(formProblems)
        if rule.effect == .observes {
            problems += run.changesAsked.map { "it only observes, and asked the engine to \($0)" }
            if run.haveRegistriesChanged { problems.append("it only observes, and changed a registry") }
        }
        return (problems, run.hasChanged)
    }

    private func dryRunProblems(_ run: Run) -> [String] {
        var problems: [String] = []
        if let error = run.error { problems.append("its dry run could not be carried out: \(error)") }
        problems += run.changesAsked.map { "its dry run asked the engine to \($0)" }
        problems += run.commandsRun.map { "its dry run ran a command: \($0.arguments.joined(separator: " "))" }
        if run.hasEngineChanged { problems.append("its dry run changed the engine") }
        if run.hasLedgerChanged { problems.append("its dry run changed the ledger") }
        if run.haveStoresChanged { problems.append("its dry run changed a registry's directory") }
        if run.haveRegistriesChanged { problems.append("its dry run changed a registry") }
        return problems + run.findings.flatMap(formProblems).map { "its dry run: \($0)" }
    }

    private func run(_ prepared: PreparedRule, in world: ExampleWorld, isDryRun: Bool) async -> Run {
        let engine = FakeEngine(world, access: isDryRun ? .dryRun : .changes)
        let ledger = FakeLedger(world, access: isDryRun ? .dryRun : .changes)
        let commands = FakeCommandRunner(world)
        let stores = FakeRegistryStores(world.registryStores)
        let registries = FakeRegistries(world.registries, access: isDryRun ? .dryRun : .changes)
        let engineBefore = engine.state
        let ledgerBefore = ledger.state
        let findings = FindingCollector()
        let context = RuleContext(
            stage: rule.name,
            isDryRun: isDryRun,
            environment: RunEnvironment(
                build: BuildRecord(run: "example", pipeline: "example"),
                event: .manual,
                variables: [:],
                now: { ExampleWorld.now }
            ),
            services: FakeServices(
                engine: engine,
                ledger: ledger,
                commands: commands,
                archives: FakeImageArchives(world.archives),
                registryStores: stores,
                registries: registries,
                deploymentFiles: FakeDeploymentFiles(world.deploymentFiles)
            ),
            output: findings.take
        )
        var thrown: (any Error)?
        do {
            try await prepared.run(in: context)
        } catch {
            thrown = error
        }
        return Run(
            findings: findings.findings,
            error: thrown,
            changesAsked: engine.changes,
            commandsRun: commands.commands,
            hasEngineChanged: engine.state != engineBefore,
            hasLedgerChanged: ledger.state != ledgerBefore,
            haveStoresChanged: stores.hasChanged,
            haveRegistriesChanged: registries.state != world.registries
        )
    }

    /// What is missing and what is too much, both in the order in which they stand.
    private func differences(between findings: [Finding], and expected: [RuleExample.ExpectedFinding]) -> [String] {
        var missing = expected
        var problems: [String] = []
        for finding in findings {
            let found = RuleExample.ExpectedFinding(finding.outcome, finding.type, finding.subject)
            if let index = missing.firstIndex(of: found) {
                missing.remove(at: index)
            } else {
                problems.append("it found what is not expected: \(found) (\(finding.message))")
            }
        }
        return problems + missing.map { "it did not find: \($0)" }
    }

    /// What every finding must keep to, so that reports can be made of it.
    private func formProblems(_ finding: Finding) -> [String] {
        var problems: [String] = []
        let name = "\(finding.outcome.rawValue) \(finding.type): \(finding.subject)"
        if finding.subject.isEmpty { problems.append("the finding '\(name)' has no subject") }
        if finding.message.isEmpty { problems.append("the finding '\(name)' has no message") }
        for (part, text) in [("subject", finding.subject), ("message", finding.message)] where text.contains(where: \.isNewline) {
            problems.append("the \(part) of the finding '\(name)' has more than one line")
        }
        let words = finding.type.split(separator: "-", omittingEmptySubsequences: false)
        let isKebabCase = words.allSatisfy { word in
            !word.isEmpty && word.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
        }
        if !isKebabCase { problems.append("the type of the finding '\(name)' is not in kebab-case") }
        return problems
    }
}
