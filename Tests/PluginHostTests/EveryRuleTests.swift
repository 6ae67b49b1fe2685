import CommandRules
import HookKit
import HookTesting
import ImageRules
import PluginHost
import RegistryRules
import TagRules
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A rule in a plugin's process does what it does in hook's own: the same settings, messages, findings and changes.
@Suite(.timeLimit(.minutes(10))) struct EveryRuleTests {
    static let program = builtProgram("every-rule-plugin")

    /// A program beside the tests' own that was built with them.
    private static func builtProgram(_ name: String) -> String {
        #if os(Linux)
            let own = realpath("/proc/self/exe", nil)
        #else
            let own = realpath(CommandLine.arguments[0], nil)
        #endif
        defer { free(own) }
        let path = own.map { String(cString: $0) } ?? ""
        return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + name
    }

    static let builtIn: [RegisteredRule] = {
        let families: [any RulePlugin.Type] = [TagRules.self, ImageRules.self, RegistryRules.self, CommandRules.self]
        return families.flatMap { family in family.rules.map { RegisteredRule($0, origin: family.name) } }
    }()

    private func withPlugin<Result>(_ program: String = program, _ body: (RuleRegistry) async throws -> Result) async throws -> Result {
        let host = await PluginHost.start(
            [PluginExecutable(path: ConfigPath(program, in: "/"))],
            beside: RuleRegistry(),
            in: PluginSurroundings(version: "0.0.0", directory: "/", answerLimit: .seconds(60), gracePeriod: .seconds(30))
        )
        let result: Swift.Result<Result, any Error>
        do {
            try #require(host.failures == [])
            result = .success(try await body(host.registry))
        } catch {
            result = .failure(error)
        }
        await host.stop()
        return try result.get()
    }

    @Test(arguments: builtIn.map(\.name))
    func builtInRuleHoldsItsExamplesInAPlugin(name: String) async throws {
        let builtIn = try #require(Self.builtIn.first { $0.name == name })
        try await withPlugin { registry in
            let rule = try #require(registry[name])
            #expect(rule.abstract == builtIn.abstract)
            #expect(rule.discussion == builtIn.discussion)
            #expect(rule.effect == builtIn.effect)
            #expect(rule.settings.map(\.key) == builtIn.settings.map(\.key))
            #expect(rule.settings.map(\.help) == builtIn.settings.map(\.help))
            #expect(rule.settings.map(\.defaultValue) == builtIn.settings.map(\.defaultValue))
            #expect(rule.settings.map(\.schema.typeName) == builtIn.settings.map(\.schema.typeName))
            #expect(rule.settings.map(\.schema.expectation) == builtIn.settings.map(\.schema.expectation))
            #expect(rule.settings.map(\.schema.json) == builtIn.settings.map(\.schema.json))
            #expect(rule.settings.map(\.isRequired) == builtIn.settings.map(\.isRequired))
            #expect(rule.examples.map(\.title) == builtIn.examples.map(\.title))
            #expect(rule.examples.map(\.settings.json) == builtIn.examples.map(\.settings.json))
            // The worlds of examples do not go over the wire; the rule runs in those of the built-in one.
            let acting = RegisteredRule(
                name: name,
                abstract: rule.abstract,
                effect: rule.effect,
                origin: rule.origin,
                settings: rule.settings,
                examples: builtIn.examples.filter { if case .findings = $0.expectation { true } else { false } }
            ) { entries, directory in rule.prepare(ConfigValue(.mapping(entries)), directory: directory) }
            let problems = await RuleExampleSuite(acting).problems().filter { !$0.contains("no example shows settings that are refused") }
            #expect(problems == [])
            for example in builtIn.examples {
                guard case .refusal(let message) = example.expectation else { continue }
                let preparation = rule.prepare(example.settings, directory: "/project")
                var diagnostics = preparation.diagnostics
                if let prepared = preparation.rule { diagnostics += try await prepared.problems() }
                #expect(diagnostics.map(\.message) == [message], "\(example.title)")
            }
        }
    }

    @Test func introductionIsPrintedLikeABuiltInRule() async throws {
        try await withPlugin { registry in
            let rule = try #require(registry["every-setting"])
            #expect(rule.origin == "the plugin '\(Self.program)'")
            #expect(rule.discussion == "It reports what it was given.\n\nIt changes nothing.")
            #expect(rule.examples.map(\.title) == ["a list", "too few"])
            #expect(rule.settings.map(\.schema.typeName).prefix(4) == ["list of patterns", "size", "duration", "number"])
        }
    }

    @Test func settingsArriveAsTheyWereGivenAndOutputsComeBack() async throws {
        let collector = FindingCollector()
        try await withPlugin { registry in
            let settings: ConfigValue = [
                "images": ["shop/*", "*:latest"], "limit": "1.5GiB", "older-than": "7d", "keep-last": .init(.text("5")),
                "dangling": .init(.text("false")), "mode": "careful", "note": "a \"note\"", "report": "out/x",
                "labels": ["a": "1", "b": "2"], "budgets": ["x": "1MB"], "codes": .init(.text("1,2,3")),
            ]
            let preparation = try #require(registry["every-setting"]).prepare(settings, directory: "/srv/shop")
            #expect(preparation.diagnostics == [])
            let rule = try #require(preparation.rule)
            #expect(try await rule.problems() == [])
            let context = RuleContext(
                stage: "the stage",
                directory: "/srv/shop",
                isDryRun: true,
                environment: RunEnvironment(
                    build: BuildRecord(run: "r", pipeline: "p", branch: "main"),
                    event: .prePush,
                    variables: ["MARK": "set \u{1F600}"],
                    now: { ExampleWorld.now }
                ),
                services: FakeServices(ExampleWorld()),
                output: collector.take
            )
            try await rule.run(in: context)
        }
        let expected = Finding.passed(
            subject: "settings",
            type: "given",
            message: "as given, \"quoted\" and \u{1}",
            details: [
                "images: [shop/*, *:latest]", "limit: 1.611GB", "older-than: 1w", "keep-last: 5", "dangling: false", "mode: careful",
                "note: a \"note\"", "report: /srv/shop/out/x", "labels: [\"a=1\", \"b=2\"]", "budgets: [\"x=1MB\"]", "codes: [1, 2, 3]",
                "branch: main", "event: pre-push", "variable: set \u{1F600}",
            ],
            remedy: "none",
            bytes: 7,
            evidence: ["list": [1, true, .null, .number(1.5)]]
        )
        #expect(collector.findings == [expected])
        #expect(collector.log == ["in /srv/shop, stage the stage, dry run: true"])
        #expect(collector.reclaimed == 1234)
        let progress = collector.all.contains { if case .progress(completed: 1, total: 2) = $0 { true } else { false } }
        #expect(progress)
    }

    @Test func manyFindingsComeInTheirOrder() async throws {
        let collector = FindingCollector()
        try await withPlugin(Self.builtProgram("many-findings-plugin")) { registry in
            let rule = try #require(registry["many-findings"]?.prepare(["count": 20_000], directory: "/").rule)
            try await rule.run(in: try ScriptedPlugin().context(FakeServices(ExampleWorld()), collector))
        }
        #expect(collector.findings.map(\.subject) == (0..<20_000).map { "registry.local:5000/shop/api:v\($0)" })
    }

    @Test func errorOfAServiceStaysWhatItIs() async throws {
        try await withPlugin { registry in
            let rule = try #require(registry["track-tags"]?.prepare(nil, directory: "/").rule)
            let services = FakeServices(
                engine: .failure(EngineError(.unreachable, "nobody answers")),
                ledger: .success(FakeLedger(ExampleWorld())),
                commands: FakeCommandRunner(ExampleWorld()),
                archives: FakeImageArchives([:])
            )
            await #expect(throws: EngineError(.unreachable, "nobody answers")) {
                try await rule.run(in: try ScriptedPlugin().context(services, FindingCollector()))
            }
        }
    }
}
