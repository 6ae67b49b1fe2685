import HookKit
import HookTesting
import PluginHost
import Testing

/// Scripts that play plugins, in a directory of their own.
struct ScriptedPlugin {
    /// What every script in Python begins with.
    private static let prelude = """
        #!/usr/bin/env python3
        import json, os, signal, subprocess, sys, time
        RULE = {"name": "budget", "abstract": "Check.", "effect": "observes"}
        def write(text):
            sys.stdout.write(text)
            sys.stdout.flush()
        def send(message):
            write(json.dumps(dict({"jsonrpc": "2.0"}, **message)) + "\\n")
        def read():
            line = sys.stdin.readline()
            if not line:
                sys.exit(0)
            return json.loads(line)
        def introduce(rules=[RULE], protocol=1):
            message = read()
            send({"id": message["id"], "result": {"protocol": protocol, "name": "scripted", "version": "1", "rules": rules}})
        def finding(run, subject, **more):
            params = {"run": run, "subject": subject, "outcome": "passed", "type": "seen", "message": "seen"}
            params.update(more)
            send({"method": "finding", "params": params})
        def begin(rules=[RULE]):
            introduce(rules)
            while True:
                message = read()
                if message.get("method") == "run":
                    return message["id"]
                if "id" in message:
                    send({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})
        def note(name, text):
            with open(name + ".new", "w") as file:
                file.write(str(text))
            os.rename(name + ".new", name)

        """

    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Writes a plugin in Python.
    func python(_ script: String, name: String = "bad") throws { try directory.write(Self.prelude + script + "\n", to: name, mode: 0o755) }

    /// Writes a plugin for the shell.
    func shell(_ script: String, name: String = "bad") throws { try directory.write("#!/bin/sh\n\(script)\n", to: name, mode: 0o755) }

    /// Starts plugins by name, beside a built-in rule `prune`, and ends them.
    func start<Result>(
        _ names: [String] = ["./bad"],
        answerLimit: Duration = .seconds(60),
        gracePeriod: Duration = .seconds(60),
        _ body: (PluginHost) async throws -> Result
    ) async throws -> Result {
        var registry = RuleRegistry()
        try registry.register(RegisteredRule(BuiltIn.self, origin: "TestRules"))
        let host = await PluginHost.start(
            names.map { PluginExecutable(path: ConfigPath($0, in: directory.path)) },
            beside: registry,
            in: PluginSurroundings(
                version: "0.0.0",
                directory: directory.path,
                dockerHost: "unix:///engine.sock",
                ledger: "/ledger.sqlite",
                answerLimit: answerLimit,
                gracePeriod: gracePeriod
            )
        )
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(host)) } catch { result = .failure(error) }
        await host.stop()
        return try result.get()
    }

    /// What is wrong with the only plugin.
    func failure(answerLimit: Duration = .seconds(60), gracePeriod: Duration = .seconds(60)) async throws -> PluginFailure {
        try await start(answerLimit: answerLimit, gracePeriod: gracePeriod) { host in
            try #require(host.failures.count == 1)
            return host.failures[0].reason
        }
    }

    /// Runs the rule `budget` once; the error that it ended with.
    func run(
        _ host: PluginHost,
        settings: ConfigValue? = nil,
        services: any RuleServices = FakeServices(ExampleWorld()),
        isDryRun: Bool = false,
        collector: FindingCollector = FindingCollector()
    ) async throws -> (any Error)? {
        let registered = try #require(host.registry["budget"], "\(host.failures)")
        let rule = try #require(registered.prepare(settings, directory: directory.path).rule)
        do {
            try await rule.run(in: context(services, isDryRun: isDryRun, collector))
            return nil
        } catch {
            return error
        }
    }

    func context(_ services: any RuleServices, isDryRun: Bool = false, _ collector: FindingCollector) -> RuleContext {
        RuleContext(
            stage: "the stage",
            directory: directory.path,
            isDryRun: isDryRun,
            environment: RunEnvironment(
                build: BuildRecord(run: "r1", pipeline: "p", branch: "main"),
                event: .ci,
                variables: ["MARK": "set"],
                now: { ExampleWorld.now }
            ),
            services: services,
            output: collector.take
        )
    }
}

/// A rule that hook has itself.
struct BuiltIn: Rule {
    static let configuration = RuleConfiguration(name: "prune", abstract: "Remove.")
    init() {}
    func run(in context: RuleContext) async throws {}
}
