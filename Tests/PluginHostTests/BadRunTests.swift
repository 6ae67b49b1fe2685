import HookKit
import HookTesting
import PluginHost
import Testing

/// Plugins that go wrong while they run a rule.
@Suite(.timeLimit(.minutes(10))) struct BadRunTests {
    private let plugin: ScriptedPlugin
    private let collector = FindingCollector()

    init() throws { plugin = try ScriptedPlugin() }

    /// Runs the script's rule; what it ended with.
    private func failure(of script: String, gracePeriod: Duration = .seconds(60)) async throws -> PluginFailure? {
        try plugin.python(script)
        return try await plugin.start(gracePeriod: gracePeriod) { try await plugin.run($0, collector: collector) as? PluginFailure }
    }

    @Test func pluginThatDiesInARunLeavesItsFindingsAndItsLastWords() async throws {
        let failure = try await failure(
            of: """
                run = begin()
                for number in range(1000): finding(run, "image %d" % number)
                sys.stderr.write("out of luck\\n")
                sys.stderr.flush()
                note("pid", os.getpid())
                os.kill(os.getpid(), signal.SIGSEGV)
                """
        )
        let message =
            "the plugin './bad' was ended by signal 11 while it ran 'budget'; its standard error ends with: 'out of luck'"
        #expect(failure == PluginFailure(.ended, message))
        #expect(collector.findings.map(\.subject) == (0..<1000).map { "image \($0)" })
        #expect(collector.log == ["./bad: out of luck"])
        #expect(!ProcessTable.holds(try plugin.directory.text(of: "pid")))
    }

    @Test func exceptionOfAScriptIsQuoted() async throws {
        let failure = try await failure(of: "run = begin()\nraise ValueError('no such label')")
        let text = try #require(failure?.description)
        #expect(text.hasPrefix("the plugin './bad' ended with exit code 1 while it ran 'budget'; its standard error ends with: '"))
        #expect(text.hasSuffix("ValueError: no such label'"))
    }

    @Test func errorInTheAnswerIsTold() async throws {
        let failure = try await failure(
            of: "run = begin()\nsend({'id': run, 'error': {'code': -32000, 'message': 'the registry is down'}})\nread()"
        )
        let message =
            "the plugin './bad' could not carry out 'budget': the registry is down; it wrote nothing to its standard error"
        #expect(failure == PluginFailure(.failed, message))
    }

    @Test(
        arguments: [
            ("write('oops\\n')", "it is no JSON: this is no value, at byte 0", "oops"),
            (
                "finding(run, 'a', outcome='maybe')", "'maybe' is no outcome of a finding; valid: passed, failed, skipped, error",
                #"{"jsonrpc": "2.0", "method": "finding", "params": {"run": 2, "subject": "a", "outcome": "maybe", "type": "seen", "message": "seen"}}"#
            ),
            (
                "finding(run, 'a', remedey='x')", "a finding has no 'remedey'; did you mean 'remedy'?",
                #"{"jsonrpc": "2.0", "method": "finding", "params": {"run": 2, "subject": "a", "outcome": "passed", "type": "seen", "message":..."#
            ),
            (
                "finding(run, '')", "a finding has no 'subject'",
                #"{"jsonrpc": "2.0", "method": "finding", "params": {"run": 2, "subject": "", "outcome": "passed", "type": "seen", "message": "..."#
            ),
            (
                "finding(7, 'a')", "there is no run 7",
                #"{"jsonrpc": "2.0", "method": "finding", "params": {"run": 7, "subject": "a", "outcome": "passed", "type": "seen", "message": ..."#
            ),
            (
                "send({'method': 'findings', 'params': {}})", "there is no notification 'findings'; did you mean 'finding'?",
                #"{"jsonrpc": "2.0", "method": "findings", "params": {}}"#
            ),
            (
                "send({'id': 5, 'method': 'engine.images', 'params': {}})", "the question 'engine.images' has no 'run'",
                #"{"jsonrpc": "2.0", "id": 5, "method": "engine.images", "params": {}}"#
            ),
        ]
    )
    func messageThatBreaksTheProtocolEndsTheRun(script: String, reason: String, line: String) async throws {
        let failure = try await failure(of: "run = begin()\n\(script)\nread()")
        let text = try #require(failure?.description)
        let prefix = "the plugin './bad' wrote what is no message of the protocol, since \(reason): '"
        #expect(text.hasPrefix(prefix), "\(text)")
        #expect(text.hasSuffix("'; it wrote nothing to its standard error"))
        let quoted = line.hasSuffix("...") ? String(line.dropLast(3)) : line
        #expect(text.dropFirst(prefix.count).hasPrefix(quoted.prefix(100)), "\(text)")
        #expect(failure?.code == .garbage)
    }

    @Test func findingAfterTheEndOfItsRunBelongsToNothing() async throws {
        let script = "run = begin()\nsend({'id': run, 'result': {}})\nfinding(run, 'late')\nread()"
        try plugin.python(script)
        try await plugin.start { host in
            let error = try await plugin.run(host, collector: collector)
            #expect(error == nil)
            #expect(collector.findings == [])
        }
    }

    @Test func pluginThatClosesItsOutputIsEnded() async throws {
        let script = "run = begin()\nnote('pid', os.getpid())\nos.close(1)\nwhile True: time.sleep(1000)"
        let failure = try await failure(of: script, gracePeriod: .seconds(10))
        let message =
            "the plugin './bad' was ended by signal 15 while it ran 'budget'; it wrote nothing to its standard error"
        #expect(failure == PluginFailure(.ended, message))
        #expect(!ProcessTable.holds(try plugin.directory.text(of: "pid")))
    }

    // MARK: - Cancelling

    /// Runs the script's rule, and cancels it at its first finding; what it ended with.
    private func failureWhenCancelled(_ script: String, gracePeriod: Duration = .seconds(60)) async throws -> (any Error)? {
        try plugin.python(script)
        return try await plugin.start(gracePeriod: gracePeriod) { host in
            let (findings, continuation) = AsyncStream.makeStream(of: Void.self)
            let registered = try #require(host.registry["budget"], "\(host.failures)")
            let rule = try #require(registered.prepare(nil, directory: plugin.directory.path).rule)
            let context = RuleContext(
                stage: "stage",
                directory: plugin.directory.path,
                isDryRun: false,
                environment: RunEnvironment(
                    build: BuildRecord(run: "r", pipeline: "p"),
                    event: .manual,
                    variables: [:],
                    now: { ExampleWorld.now }
                ),
                services: FakeServices(ExampleWorld())
            ) { output in
                collector.take(output)
                if case .finding = output { continuation.finish() }
            }
            let task = Task { try await rule.run(in: context) }
            for await _ in findings {}
            task.cancel()
            let result = await task.result
            if case .failure(let error) = result { return error }
            return nil
        }
    }

    @Test func cancelledRunMayFinishWhatItHasInHand() async throws {
        let error = try await failureWhenCancelled(
            """
            run = begin()
            finding(run, "ready")
            message = read()
            assert message["method"] == "cancel" and message["params"]["run"] == run, message
            finding(run, "in hand")
            send({"id": run, "result": {}})
            read()
            """
        )
        let message = "the plugin './bad' was cancelled while it ran 'budget', and came to its end; it wrote nothing to its standard error"
        #expect(error as? PluginFailure == PluginFailure(.cancelled, message))
        #expect(collector.findings.map(\.subject) == ["ready", "in hand"])
    }

    @Test func pluginThatIgnoresCancelIsEnded() async throws {
        let error = try await failureWhenCancelled(
            """
            run = begin()
            note("pid", os.getpid())
            sys.stderr.write("counting\\n")
            sys.stderr.flush()
            finding(run, "ready")
            while True: time.sleep(1000)
            """,
            gracePeriod: .milliseconds(200)
        )
        let message =
            "the plugin './bad' did not end within 200ms of being cancelled while it ran 'budget', and was ended; "
            + "its standard error ends with: 'counting'"
        #expect(error as? PluginFailure == PluginFailure(.cancelled, message))
        #expect(!ProcessTable.holds(try plugin.directory.text(of: "pid")))
    }

    @Test func pluginThatIgnoresCancelAndSIGTERMIsKilledWithWhatItStarted() async throws {
        let error = try await failureWhenCancelled(
            """
            run = begin()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen(["sleep", "1000"])
            note("pid", os.getpid())
            note("child", child.pid)
            finding(run, "ready")
            while True: time.sleep(1000)
            """,
            gracePeriod: .milliseconds(200)
        )
        #expect((error as? PluginFailure)?.code == .cancelled)
        #expect(!ProcessTable.holds(try plugin.directory.text(of: "pid")))
        #expect(!ProcessTable.runs(try plugin.directory.text(of: "child")))
    }

    // MARK: - What a plugin leaves behind

    @Test func childThatOutlivesItsPluginIsEnded() async throws {
        let failure = try await failure(
            of: """
                run = begin()
                child = subprocess.Popen(["sleep", "1000"])
                note("child", child.pid)
                sys.exit(4)
                """
        )
        let message = "the plugin './bad' ended with exit code 4 while it ran 'budget'; it wrote nothing to its standard error"
        #expect(failure == PluginFailure(.ended, message))
        #expect(!ProcessTable.runs(try plugin.directory.text(of: "child")))
    }

    @Test func childThatLeftTheSessionHoldsNothingUp() async throws {
        let failure = try await failure(
            of: """
                run = begin()
                child = subprocess.Popen(["setsid", "sh", "-c", "echo $$ > child; exec sleep 1000"])
                while not os.path.exists("child") or not open("child").read(): time.sleep(0.001)
                sys.exit(4)
                """
        )
        #expect(failure?.code == .ended)
        // It left on purpose; the test ends it.
        let child = try plugin.directory.text(of: "child").filter { !$0.isWhitespace }
        #expect(ProcessTable.runs(child))
        _ = try await runProcess(["kill", "-KILL", child])
    }

    @Test func floodOnStandardErrorIsCutInTheLog() async throws {
        let script = """
            run = begin()
            for number in range(200000): sys.stderr.write("line %d\\n" % number)
            sys.stderr.flush()
            finding(run, "done")
            send({"id": run, "result": {}})
            read()
            """
        try plugin.python(script)
        try await plugin.start { host in
            let error = try await plugin.run(host, collector: collector)
            #expect(error == nil)
        }
        #expect(collector.findings.map(\.subject) == ["done"])
        #expect(collector.log.prefix(1000) == (0..<1000).map { "./bad: line \($0)" }[...])
        #expect(collector.log.count <= 1001)
    }

    @Test func pluginThatDoesNotReadIsNotWaitedFor() async throws {
        // The settings are more than a pipe holds.
        try plugin.python(
            """
            introduce([dict(RULE, settings={"properties": {"text": {"type": "string"}}})])
            os.close(0)
            note("closed", 1)
            while True: time.sleep(1000)
            """
        )
        let task = try await plugin.start(gracePeriod: .milliseconds(200)) { host in
            let registered = try #require(host.registry["budget"], "\(host.failures)")
            let settings: ConfigValue = ["text": .init(.string(String(repeating: "x", count: 10_000_000)))]
            let rule = try #require(registered.prepare(settings, directory: plugin.directory.path).rule)
            let task = Task { try await rule.run(in: plugin.context(FakeServices(ExampleWorld()), collector)) }
            task.cancel()
            return await task.result
        }
        guard case .failure(let error) = task else {
            Issue.record("the run came to its end")
            return
        }
        #expect((error as? PluginFailure)?.code == .cancelled)
    }

    // MARK: - Going on

    @Test func pluginThatDiedIsStartedAnewForTheNextRun() async throws {
        try plugin.python(
            """
            run = begin()
            first = not os.path.exists("second")
            note("second", 1)
            if first: os.kill(os.getpid(), signal.SIGKILL)
            finding(run, "second run")
            send({"id": run, "result": {}})
            read()
            """
        )
        try await plugin.start { host in
            let message = "the plugin './bad' was ended by signal 9 while it ran 'budget'; it wrote nothing to its standard error"
            let first = try await plugin.run(host, collector: collector)
            #expect(first as? PluginFailure == PluginFailure(.ended, message))
            let error = try await plugin.run(host, collector: collector)
            #expect(error == nil)
            #expect(collector.findings.map(\.subject) == ["second run"])
        }
    }

    @Test func pluginThatLostItsRuleWhenStartedAnewIsRefused() async throws {
        try plugin.python(
            """
            if os.path.exists("second"):
                introduce([])
                read()
            run = begin()
            note("second", 1)
            """
        )
        try await plugin.start { host in
            _ = try await plugin.run(host, collector: collector)
            let message = "the plugin './bad' was started anew, and has no rule 'budget' any more"
            let second = try await plugin.run(host, collector: collector)
            #expect(second as? PluginFailure == PluginFailure(.declaration, message))
        }
    }

    // MARK: - Dry runs

    @Test func changeInADryRunIsRefusedAndThePluginIsNamed() async throws {
        let image = Digest("sha256:" + String(repeating: "a", count: 64))!
        let world = ExampleWorld(images: [EngineImage(id: image, created: ExampleWorld.now, size: 1)])
        let engine = FakeEngine(world, access: .dryRun)
        let fakes = FakeServices(
            engine: engine,
            ledger: FakeLedger(world),
            commands: FakeCommandRunner(world),
            archives: FakeImageArchives([:])
        )
        try plugin.python(
            """
            run = begin()
            send({"id": 1, "method": "engine.removeImage", "params": {"run": run, "image": "\(image)"}})
            send({"id": run, "error": read()["error"]})
            read()
            """
        )
        let error = try await plugin.start { try await plugin.run($0, services: fakes, isDryRun: true, collector: collector) }
        let failure = try #require(error as? PluginFailure)
        #expect(failure.code == .failed)
        #expect(failure.description.hasPrefix("the plugin './bad' tried a change in a dry run of 'budget': "))
        #expect(engine.state.images.count == 1)
    }

    @Test func commandInADryRunIsRefusedAndThePluginIsNamed() async throws {
        let commands = FakeCommandRunner { _, _ in .exited(0) }
        let fakes = FakeServices(
            engine: FakeEngine(ExampleWorld()),
            ledger: FakeLedger(ExampleWorld()),
            commands: commands,
            archives: FakeImageArchives([:])
        )
        try plugin.python(
            """
            run = begin()
            command = {"arguments": ["make", "clean"], "directory": "."}
            send({"id": 1, "method": "commands.run", "params": {"run": run, "command": command}})
            send({"id": run, "error": read()["error"]})
            read()
            """
        )
        let error = try await plugin.start { try await plugin.run($0, services: fakes, isDryRun: true, collector: collector) }
        let message =
            "the plugin './bad' tried a change in a dry run of 'budget': a dry run runs no command, so 'make clean' was not run; "
            + "it wrote nothing to its standard error"
        #expect(error as? PluginFailure == PluginFailure(.failed, message))
        #expect(commands.commands == [])
    }

    @Test func deletionInARegistryInADryRunIsRefusedAndThePluginIsNamed() async throws {
        let registries = FakeRegistries(["registry.local": ExampleRegistry(tags: [:], images: [])], access: .dryRun)
        let fakes = FakeServices(
            engine: FakeEngine(ExampleWorld()),
            ledger: FakeLedger(ExampleWorld()),
            commands: FakeCommandRunner(ExampleWorld()),
            archives: FakeImageArchives([:]),
            registries: registries
        )
        try plugin.python(
            """
            run = begin()
            params = {"run": run, "registry": {"name": "registry.local"}, "repository": "a", "target": "v1"}
            send({"id": 1, "method": "registry.deleteTag", "params": params})
            send({"id": run, "error": read()["error"]})
            read()
            """
        )
        let error = try await plugin.start { try await plugin.run($0, services: fakes, isDryRun: true, collector: collector) }
        let message =
            "the plugin './bad' tried a change in a dry run of 'budget': a dry run deletes nothing; it wrote nothing to its standard error"
        #expect(error as? PluginFailure == PluginFailure(.failed, message))
    }
}
