import HookKit
import HookTesting
import PipelineFile
import PluginHost
import Testing

/// Settings of a plugin's rule are read as those of built-in rules are.
@Suite(.timeLimit(.minutes(10))) struct PluginSettingsTests {
    static let python = """
        introduce([dict(RULE, settings={"type": "object", "required": ["labels"], "additionalProperties": False, "properties": {
            "labels": {"description": "Labels.", "type": "array", "items": {"type": "string", "minLength": 1}},
            "tags": {"description": "Tags.", "type": "array", "items": {"type": "string"}, "default": ["latest"]},
            "limit": {"description": "Limit.", "type": "integer", "minimum": 1, "maximum": 9},
            "share": {"description": "Share.", "type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
            "mode": {"description": "Mode.", "enum": ["strict", "lenient"], "default": "strict"},
            "code": {"description": "Code.", "type": "string", "pattern": "^[a-z]{2}$"},
            "flag": {"description": "Flag.", "type": "boolean"},
            "names": {"description": "Names.", "type": "object", "additionalProperties": {"type": "integer"}}
        }})])
        while True:
            message = read()
            if message.get("method") == "validate":
                problems = []
                if message["params"]["settings"].get("labels") == ["a", "b"]:
                    problems = [{"message": "'labels' holds 'b', which is reserved", "at": "/labels/1"},
                                {"message": "'limit' goes badly with it", "at": "/limit", "key": True}]
                send({"id": message["id"], "result": {"problems": problems}})
            elif message.get("method") == "run":
                run = message["id"]
                finding(run, "settings", details=[json.dumps(message["params"]["settings"], sort_keys=True)])
                send({"id": run, "result": {}})
        """

    private let plugin: ScriptedPlugin

    init() throws {
        plugin = try ScriptedPlugin()
        try plugin.python(Self.python)
    }

    /// Reads a stage with these settings; its marks `▲` are where messages point.
    private func expectRefusal(_ marked: String, _ messages: [String]) async throws {
        try await plugin.start { host in
            try #require(host.failures == [])
            let loader = PipelineLoader(
                settings: [:],
                environment: ["NINE": "9", "TEXT": "x", "LIST": "['a', 'b']"],
                workingDirectory: "/srv"
            )
            let text = MarkedText("stages:\n  - rule: budget\n    with: \(marked)\n")
            let draft = try loader.parse(Array(text.text.utf8), file: "pipeline.yml")
            do {
                let pipeline = try draft.pipeline(with: host.registry)
                try await draft.check(pipeline)
                Issue.record("the settings are accepted")
            } catch let error as InvalidPipeline {
                #expect(error.diagnostics.map(\.message) == messages)
                let places = error.diagnostics.compactMap { $0.position.map { MarkedText.Place(line: $0.line, column: $0.column) } }
                #expect(places == text.places)
            }
        }
    }

    @Test(
        arguments: [
            ("{labels: [a], ▲limt: 3}", ["budget has no setting 'limt'; did you mean 'limit'?"]),
            ("{labels: ▲a}", ["'labels' must be a list, each entry a text, not 'a'"]),
            ("{labels: ▲'${EMPTY:-}'}", ["'labels' is empty"]),
            ("{labels: [a], tags: ▲'${EMPTY:-}'}", ["'tags' is empty; left out, it is [latest]"]),
            ("{labels: [a], tags: ▲'${LIST}'}", ["'tags' is written with commas where it is a text: tags=a,b"]),
            (
                "{labels: [a, ▲3, ▲'']}",
                ["'labels' must be a text, not '3'; put it in quotes", "'labels' must be a text, not an empty text"]
            ),
            ("{labels: [a], limit: ▲0}", ["'limit' must be a whole number from 1 to 9, not '0'"]),
            ("{labels: [a], limit: ▲'3'}", ["'limit' must be a whole number from 1 to 9, not '3'; take the quotes away"]),
            ("{labels: [a], share: ▲'0.5'}", ["'share' must be a number from 0.0 to 1.0, not '0.5'; take the quotes away"]),
            ("{labels: [a], flag: ▲'true'}", ["'flag' must be true or false, not 'true'; take the quotes away"]),
            ("{labels: [a], limit: ▲'${TEXT}'}", ["'limit' must be a whole number from 1 to 9, not 'x'"]),
            ("{labels: [a], share: ▲1.5}", ["'share' must be a number from 0.0 to 1.0, not '1.5'"]),
            ("{labels: [a], mode: ▲strickt}", ["'mode' must be one of strict, lenient, not 'strickt'; did you mean 'strict'?"]),
            ("{labels: [a], code: ▲abc}", ["'code' must be a text that matches ^[a-z]{2}$, not 'abc'"]),
            ("{labels: [a], flag: ▲yes}", ["'flag' must be true or false, not 'yes'"]),
            ("{labels: [a], names: {x: 1, y: ▲z}}", ["'names' must be a whole number, not 'z'"]),
            (
                "{labels: [a, ▲b], ▲limit: 3}",
                ["'labels' holds 'b', which is reserved", "'limit' goes badly with it"]
            ),
        ]
    )
    func badSettingIsRefusedAtItsPlace(marked: String, messages: [String]) async throws {
        try await expectRefusal(marked, messages)
    }

    @Test func missingSettingIsRefusedAtTheRule() async throws {
        try await plugin.start { host in
            let preparation = try #require(host.registry["budget"]).prepare([:], directory: "/", at: SourcePosition(line: 2, column: 9))
            let expected = Diagnostic(.error, "budget needs the setting 'labels'", at: SourcePosition(line: 2, column: 9))
            #expect(preparation.diagnostics == [expected])
            #expect(preparation.rule == nil)
        }
    }

    @Test func settingsArriveTyped() async throws {
        let collector = FindingCollector()
        let settings: ConfigValue = [
            "labels": .init(.text("a,c")), "limit": .init(.text("3")), "share": 1, "mode": "lenient", "code": "ab",
            "flag": .init(.text("true")), "names": ["x": 1],
        ]
        try await plugin.start { host in
            let error = try await plugin.run(host, settings: settings, collector: collector)
            #expect(error == nil)
        }
        let sent =
            #"{"code": "ab", "flag": true, "labels": ["a", "c"], "limit": 3, "mode": "lenient", "names": {"x": 1}, "share": 1}"#
        #expect(collector.findings.map(\.details) == [[sent]])
    }

    @Test func schemaForEditorsHasTheRule() async throws {
        try await plugin.start { host in
            let schema = try #require(PipelineSchema.document(for: host.registry)["$defs"]?["rule-budget"])
            #expect(schema["required"] == ["labels"])
            #expect(schema["properties"]?["mode"]?["default"] == "strict")
            #expect(!schema.text().contains("x-hook"))
        }
    }

    @Test func ruleRunsInItsPipelineWithItsSubstituteWhereThePluginIsBroken() async throws {
        try await plugin.start(["./gone"]) { host in
            let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/srv")
            let draft = try loader.parse(Array("stages: [{rule: budget, with: {anything: 1}}, {rule: prune}]".utf8), file: "p.yml")
            let pipeline = try draft.pipeline(with: host.registry) { host.substitute(for: $0) }
            #expect(pipeline.stages.map(\.rule.name) == ["budget", "prune"])
            await #expect(throws: PluginFailure(.notStarted, "the plugin './gone' cannot be started: there is no such file")) {
                try await pipeline.stages[0].rule.run(in: plugin.context(FakeServices(ExampleWorld()), FindingCollector()))
            }
        }
    }
}
