import HookTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Plugins and the built program; no engine is needed.
@Suite(.timeLimit(.minutes(15))) struct PluginTests {
    private static let labelPolicy = "\(Repository.root)/examples/plugins/label-policy/label-policy"

    private func hook(_ arguments: [String], in directory: TemporaryDirectory) async throws -> ProcessOutcome {
        try await runProcess(
            [Repository.hook] + arguments,
            environment: .inherited(changing: ["DOCKER_HOST": "unix://\(directory["no.sock"])", "CI": nil, "GITLAB_CI": nil]),
            directory: directory.path
        )
    }

    /// A plugin in Python with one rule, which does `script` when it is run.
    private func write(_ name: String, _ script: String, to directory: TemporaryDirectory) throws {
        let text = """
            #!/usr/bin/env python3
            import json, os, signal, sys, time
            def send(**message):
                sys.stdout.write(json.dumps(dict(message, jsonrpc="2.0")) + "\\n")
                sys.stdout.flush()
            def read():
                line = sys.stdin.readline()
                if not line: sys.exit(0)
                return json.loads(line)
            rules = [{"name": "\(name)", "abstract": "Check.", "effect": "observes"}]
            send(id=read()["id"], result={"protocol": 1, "name": "\(name)", "version": "1", "rules": rules})
            while True:
                message = read()
                if message.get("method") == "run": break
                send(id=message["id"], error={"code": -32601, "message": "no such method"})
            run = message["id"]
            \(script)

            """
        try directory.write(text, to: name, mode: 0o755)
    }

    @Test func everyBadPluginFailsItsStageAndTheRunGoesOn() async throws {
        try await TemporaryDirectory.withOne { directory in
            let finding = #"{"run": run, "subject": "a", "outcome": "passed", "type": "seen", "message": "seen"}"#
            let scripts: [(name: String, script: String, message: String)] = [
                (
                    "dies", "sys.stderr.write('no memory\\n'); os.kill(os.getpid(), signal.SIGKILL)",
                    "was ended by signal 9 while it ran 'dies'; its standard error ends with: 'no memory'"
                ),
                (
                    "babbles", "print('hello', flush=True); read()",
                    "wrote what is no message of the protocol, since it is no JSON: this is no value, at byte 0: 'hello'"
                ),
                (
                    "hangs", "send(method='finding', params=\(finding)); time.sleep(1000)",
                    "did not end within 5s of being cancelled while it ran 'hangs', and was ended"
                ),
                ("good", "send(method='finding', params=\(finding)); send(id=run, result={}); read()", ""),
            ]
            for plugin in scripts { try write(plugin.name, plugin.script, to: directory) }
            try directory.write("#!/bin/sh\necho 'no licence' >&2\nexit 3\n", to: "exits", mode: 0o755)
            try directory.write(
                """
                plugins: [./dies, ./babbles, ./hangs, ./good, ./exits, ./missing]
                stages:
                  - {rule: dies, on-failure: continue}
                  - {rule: babbles, on-failure: continue}
                  - {rule: hangs, on-failure: continue, timeout: 1s}
                  - {rule: from-exits, on-failure: continue, with: {anything: 1}}
                  - {rule: good}
                  - {rule: exec, with: {run: 'touch reached'}}
                """,
                to: "hook.yml"
            )
            let outcome = try await hook(["run", "--junit", "junit.xml", "--json", "report.json"], in: directory)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(directory.exists("reached"))
            #expect(try await JUnitSchema.problems(inFile: directory["junit.xml"]) == [])
            let junit = try directory.text(of: "junit.xml").replacing("&apos;", with: "'").replacing("&#39;", with: "'")
            for plugin in scripts where !plugin.message.isEmpty {
                #expect(junit.contains("the plugin './\(plugin.name)' \(plugin.message)"), "\(plugin.name): \(junit)")
            }
            #expect(junit.contains("its timeout of 1s; the plugin './hangs'"), "\(junit)")
            #expect(
                junit.contains(
                    "the plugin './exits' ended with exit code 3 before it said which rules it brings; "
                        + "its standard error ends with: 'no licence'; the plugin './missing' cannot be started: there is no such file"
                ),
                "\(junit)"
            )
            let run = try HookRun(outcome: outcome, report: directory.bytes(of: "report.json"))
            #expect(run.findings("good").map(\.subject) == ["a"])
            #expect(run.findings("hangs").map(\.subject).contains("a"))
        }
    }

    @Test func aBrokenPluginIsAMistakeForValidateAtItsPlace() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("name: x\nplugins: [./missing]\nstages: [{rule: from-missing}]\n", to: "hook.yml")
            let outcome = try await hook(["validate"], in: directory)
            #expect(outcome.exitCode == 78)
            #expect(
                outcome.standardError
                    == """
                    hook.yml:2:11: error: the plugin './missing' cannot be started: there is no such file
                    plugins: [./missing]
                              ^

                    """
            )
            let stopped = try await hook(["run"], in: directory)
            #expect(stopped.exitCode == 69, "\(stopped)")
            #expect(stopped.standardOutput.contains("the plugin './missing' cannot be started: there is no such file"), "\(stopped)")
        }
    }

    @Test func settingsOfAPluginAreRefusedAtTheirPlacesAndNothingRuns() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write(
                """
                plugins: [\(Self.labelPolicy)]
                stages:
                  - {rule: exec, with: {run: 'touch reached'}}
                  - rule: label-policy
                    with: {imges: ["shop/*"], required: [org.label, "Bad Label"]}
                """,
                to: "hook.yml"
            )
            let unknown = try await hook(["run"], in: directory)
            #expect(unknown.exitCode == 78)
            #expect(unknown.standardError.contains("hook.yml:5:12: error: label-policy has no setting 'imges'; did you mean 'images'?"))
            #expect(unknown.standardError.contains("hook.yml:4:11: error: label-policy needs the setting 'images'"))
            try directory.write(try directory.text(of: "hook.yml").replacing("imges", with: "images"), to: "hook.yml")
            let refused = try await hook(["run"], in: directory)
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError.contains(
                    "hook.yml:5:54: error: 'required' must be names of labels such as org.opencontainers.image.source, not 'Bad Label'"
                ),
                "\(refused)"
            )
            #expect(!directory.exists("reached"))
        }
    }

    @Test func rulesOfPluginsAreListedShownAndInTheSchema() async throws {
        try await TemporaryDirectory.withOne { directory in
            let listed = try await hook(["rules", "list", "--plugin", Self.labelPolicy], in: directory)
            #expect(listed.exitCode == 0, "\(listed)")
            #expect(listed.standardOutput.contains(/label-policy +Fail images that lack labels\.\n/), "\(listed)")
            #expect(listed.standardOutput.contains("prune "))
            try directory.write("plugins: [\(Self.labelPolicy)]\nstages: [{rule: label-policy}]\n", to: "hook.yml")
            let shown = try await hook(["rules", "show", "label-policy", "--pipeline", "hook.yml"], in: directory)
            #expect(
                shown.standardOutput.hasPrefix("label-policy (from the plugin '\(Self.labelPolicy)')\n  Fail images that lack labels.\n")
            )
            #expect(shown.standardOutput.contains("  images: list of texts (required)\n      Images to check, by pattern.\n"), "\(shown)")
            let schema = try await hook(["schema", "--pipeline", "hook.yml"], in: directory)
            #expect(schema.standardOutput.contains(#""rule-label-policy""#), "\(schema)")
            let broken = try await hook(["rules", "list", "--plugin", "./gone"], in: directory)
            #expect(broken.exitCode == 78)
            #expect(broken.standardError == "hook: error: the plugin './gone' cannot be started: there is no such file\n")
        }
    }

    @Test func anInterruptedRunEndsItsPlugin() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script =
                "sys.stderr.write('ready\\n'); sys.stderr.flush(); open('pid', 'w').write(str(os.getpid())); m = read(); "
                + "open('cancelled', 'w').write(m['method']); send(id=run, error={'code': -32001, 'message': 'cancelled'}); read()"
            try write("waits", script, to: directory)
            try directory.write("plugins: [./waits]\nstages: [{rule: waits}]\n", to: "hook.yml")
            let process = try RunningProcess(
                [Repository.hook, "run", "--junit", "junit.xml"],
                environment: .inherited(changing: ["CI": nil]),
                directory: directory.path
            )
            try await process.output(containing: "./waits: ready")
            process.signal(SIGINT)
            let outcome = try await process.end()
            #expect(outcome.exitCode == 130, "\(outcome)")
            #expect(try directory.text(of: "cancelled") == "cancel")
            let pid = try #require(Int32(try directory.text(of: "pid")))
            #expect(kill(pid, 0) == -1)
            #expect(try await JUnitSchema.problems(inFile: directory["junit.xml"]) == [])
        }
    }

    @Test func aNewPluginBuildsItsTestPassesAndItRuns() async throws {
        try await TemporaryDirectory.withOne { directory in
            let made = try await hook(["init", "plugin", "image-age", "--hook-package", Repository.root], in: directory)
            #expect(made.exitCode == 0, "\(made)")
            #expect(made.standardOutput.hasPrefix("wrote image-age: "))
            let again = try await hook(["init", "plugin", "image-age", "--hook-package", Repository.root], in: directory)
            #expect(again.exitCode == 1)
            #expect(again.standardError == "hook: error: the directory '\(directory.path)/image-age' cannot be made: File exists\n")
            for name in ["Image", "-a", "a--b", "../a", "1a", ""] {
                let refused = try await hook(["init", "plugin", "--", name], in: directory)
                #expect(refused.exitCode == 64, "\(name): \(refused)")
            }
            let formatted = try await runProcess(
                ["swift", "format", "lint", "--strict", "--recursive", "--configuration", "\(Repository.root)/.swift-format", "image-age"],
                directory: directory.path
            )
            #expect(formatted.exitCode == 0, "\(formatted)")
            let package = directory["image-age"]
            let program = try await ExamplePlugin.build(package, scratch: "\(package)/.build", product: "image-age")
            let shown = try await hook(["rules", "show", "image-age", "--plugin", program], in: directory)
            #expect(shown.standardOutput.contains("finds failed too-old: shop/api:v1"), "\(shown)")
            let validated = try await hook(["validate", "image-age/hook.yml"], in: directory)
            #expect(validated.exitCode == 0, "\(validated)")
            let by = try await runProcess([program], directory: directory.path, input: .text("nonsense\n"))
            #expect(by.standardOutput.contains(#""error":{"code":-32600"#), "\(by)")
            #expect(by.exitCode == 0)
        }
    }
}
