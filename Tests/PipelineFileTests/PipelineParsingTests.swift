import HookKit
import OCI
import PipelineFile
import Testing

@Suite struct PipelineParsingTests {
    static let full = PipelineText(
        """
        name: image-hygiene
        plugins: [./size-budget, /opt/rules/signed]
        docker:   { host: unix:///var/run/docker.sock }
        ledger:   state/ledger.sqlite
        variables: { KEEP: 3, FLAG: true, BASE: shop, BOTH: "${BASE}/${CI_NAME:-api}" }
        reports:  { junit: build/hook-junit.xml, json: /var/log/hook.json }
        x-anything: { rule: 1, what: [ever] }
        stages:
          - name: remember what this build tagged
            rule: check-archive
            with: { archive: image.tar }
          - rule: prune
            when: { status: always, branch: [main, "release/*"], event: [ci, manual], env: { NIGHTLY: "true", DEBUG: "" } }
            on-failure: continue
            timeout: 10m
            dry-run: true
            with: { older-than: 24h, keep-last: "${KEEP}", images: ["${BOTH}:*"] }
          - rule: prune
        """,
        environment: ["HOME": "/root"]
    )

    @Test func everyKeyIsRead() throws {
        let pipeline = try Self.full.pipeline()
        #expect(pipeline.name == "image-hygiene")
        #expect(pipeline.file == "pipeline.yml")
        #expect(pipeline.directory == "/srv/shop")
        #expect(pipeline.dockerHost == "unix:///var/run/docker.sock")
        #expect(pipeline.ledger.absolute == "/srv/shop/state/ledger.sqlite")
        #expect(pipeline.reports.mapValues(\.absolute) == [.junit: "/srv/shop/build/hook-junit.xml", .json: "/var/log/hook.json"])
        #expect(pipeline.variables == ["KEEP": "3", "FLAG": "true", "BASE": "shop", "BOTH": "shop/api", "HOME": "/root"])
        #expect(pipeline.warnings == [])
        #expect(pipeline.stages.map(\.number) == [1, 2, 3])
        #expect(pipeline.stages.map(\.name) == ["remember what this build tagged", "prune", "prune 2"])
        #expect(pipeline.stages.map(\.rule.name) == ["check-archive", "prune", "prune"])
    }

    @Test func stageHasItsDefaultsAndItsSettings() throws {
        let stages = try Self.full.pipeline().stages
        #expect(stages.map(\.timeout) == [nil, .seconds(600), nil])
        #expect(stages.map(\.isDryRun) == [false, true, false])
        #expect(stages.map(\.failurePolicy) == [.stop, .continue, .stop])
        #expect(stages[0].condition == Condition())
        #expect(stages[2].settings == nil)
        #expect(stages[0].settings?.json == ["archive": "image.tar"])
        #expect(stages[1].settings?.json == ["older-than": "24h", "keep-last": "3", "images": ["shop/api:*"]])
        let condition = stages[1].condition
        #expect(condition.status == .always)
        #expect(condition.branches == ["main", "release/*"].compactMap { Glob($0) })
        #expect(condition.events == [.ci, .manual])
        #expect(condition.variables.map(\.name) == ["NIGHTLY", "DEBUG"])
        #expect(condition.variables.map(\.pattern.description) == ["true", ""])
    }

    @Test func pluginsAreKnownBeforeRulesAre() throws {
        let text = "plugins: [./size-budget, '${PLUGINS}/b']\nstages: [{rule: size-budget}]\n"
        let loader = PipelineLoader(settings: [:], environment: ["PLUGINS": "/opt"], workingDirectory: "/srv/shop")
        let draft = try loader.parse(Array(text.utf8), file: "ci/pipeline.yml")
        #expect(draft.plugins.map(\.path.absolute) == ["/srv/shop/ci/./size-budget", "/opt/b"])
        #expect(draft.plugins.map(\.position) == [SourcePosition(line: 1, column: 11), SourcePosition(line: 1, column: 26)])
        #expect(draft.diagnostics == [])
        var registry = try RuleRegistry.forTests()
        try registry.register(
            RegisteredRule(name: "size-budget", abstract: "", effect: .observes, origin: "./size-budget", settings: []) { _, _ in
                RegisteredRule.Preparation(rule: PreparedRule(name: "size-budget", effect: .observes) { _ in }, diagnostics: [])
            }
        )
        #expect(try draft.pipeline(with: registry).stages.map(\.name) == ["size-budget"])
    }

    @Test func diagnosticsFromElsewhereJoinTheOthersInOrder() throws {
        let text = "plugins: [./gone]\nstages: [{rule: prun}]\nreport: 1\n"
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array(text.utf8), file: "p.yml")
        let gone = Diagnostic(.error, "the plugin './gone' does not start", at: draft.plugins[0].position)
        let error = try #require(throws: InvalidPipeline.self) { _ = try draft.pipeline(with: try .forTests(), and: [gone]) }
        #expect(
            error.diagnostics.map(\.message) == [
                "the plugin './gone' does not start",
                "there is no rule 'prun'; did you mean 'prune'?",
                "the pipeline has no key 'report'; did you mean 'reports'?",
            ]
        )
    }

    @Test func warningsDoNotStopAPipeline() throws {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array("stages: [{rule: prune}]\n".utf8), file: "p.yml")
        let warning = Diagnostic(.warning, "this is deprecated", at: SourcePosition(line: 1, column: 1))
        let pipeline = try draft.pipeline(with: try .forTests(), and: [warning])
        #expect(pipeline.warnings == [warning])
        #expect(draft.renderer.text(for: pipeline.warnings) == "p.yml:1:1: warning: this is deprecated\nstages: [{rule: prune}]\n^\n")
    }

    @Test(arguments: [
        ("pipeline.yml", "pipeline", "/srv/shop"), ("ci/nightly.yaml", "nightly", "/srv/shop/ci"), (".hook.yml", "hook", "/srv/shop"),
        ("/etc/hook", "hook", "/etc"), ("/hook.yml", "hook", "/"), (".yml", "yml", "/srv/shop"), ("../a.b.yml", "a.b", "/srv/shop/.."),
    ])
    func nameAndDirectoryComeFromTheFile(file: String, name: String, directory: String) throws {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/srv/shop")
        let draft = try loader.parse(Array("stages: [{rule: prune}]\n".utf8), file: file)
        #expect(draft.name == name)
        #expect(draft.directory == directory)
        #expect(draft.ledger.absolute == (directory == "/" ? "" : directory) + "/.hook/ledger.sqlite")
    }

    @Test(arguments: [
        ("[{rule: prune}, {rule: prune}, {rule: prune}]", ["prune", "prune 2", "prune 3"]),
        ("[{rule: prune}, {rule: prune, name: prune 2}, {rule: prune}]", ["prune", "prune 2", "prune 3"]),
        ("[{rule: prune}, {rule: prune, name: prune}]", ["prune 2", "prune"]),
        ("[{rule: prune, name: tidy}, {rule: prune}]", ["tidy", "prune"]),
    ])
    func stagesWithoutANameAreToldApart(stages: String, names: [String]) throws {
        #expect(try PipelineText("stages: \(stages)\n").pipeline().stages.map(\.name) == names)
    }

    @Test(arguments: [
        "x-prune: &prune { keep-last: 2 }\nstages: [{rule: prune, with: *prune}]",
        "x-prune: &prune { keep-last: 1 }\nstages: [{rule: prune, with: {<<: *prune, keep-last: 2}}]",
        "x-stage: &stage { rule: prune, with: { keep-last: 2 } }\nstages: [*stage]",
        "x-keep: &keep '${KEEP:-2}'\nstages: [{rule: prune, with: {keep-last: *keep}}]",
    ])
    func anchorsUnderExtensionKeysAreUsed(text: String) throws {
        let settings = try #require(try PipelineText(text).pipeline().stages[0].settings)
        #expect(settings.json == ["keep-last": 2] || settings.json == ["keep-last": "2"])
    }

    @Test(arguments: [
        ("branch: main", Condition.Decision.run), ("branch: [a, b]", .skip(reason: "the branch 'main' is not 'a' or 'b'")),
        ("event: ci", .run), ("event: pre-push", .skip(reason: "the event 'ci' is not 'pre-push'")),
        ("branch: '${BRANCHES}'", .run), ("env: {COUNT: 3}", .run), ("env: {ON: true}", .run),
        ("env: {ON: false}", .skip(reason: "the variable 'ON' is not 'false'")),
    ])
    func singleValueStandsForAListOfOne(condition: String, decision: Condition.Decision) throws {
        let environment = ["BRANCHES": "release/*,main", "COUNT": "3", "ON": "true"]
        let pipeline = try PipelineText("stages: [{rule: prune, when: {\(condition)}}]", environment: environment).pipeline()
        let found = pipeline.stages[0].condition.evaluate(
            hasFailed: false,
            isStopped: false,
            source: .branch("main"),
            event: .ci,
            values: pipeline.variables
        )
        #expect(found == decision)
    }
}
