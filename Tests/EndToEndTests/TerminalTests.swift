import HookTesting
import Testing

/// The built program at a terminal; no engine is needed.
@Suite(.timeLimit(.minutes(15))) struct TerminalTests {
    /// A plugin with one rule that goes on, a step at a time, when a test opens its gate.
    private static let inspector = """
        #!/usr/bin/env python3
        import json, sys
        def send(**message):
            sys.stdout.write(json.dumps(dict(message, jsonrpc="2.0")) + "\\n")
            sys.stdout.flush()
        def read():
            line = sys.stdin.readline()
            if not line: sys.exit(0)
            return json.loads(line)
        def gate(name):
            open(name).close()
        def note(text):
            sys.stderr.write(text + "\\n")
            sys.stderr.flush()
        def progress(completed, total):
            send(method="progress", params={"run": run, "completed": completed, "total": total})
        def finding(outcome, type, subject, message, **more):
            send(method="finding", params=dict(more, run=run, outcome=outcome, type=type, subject=subject, message=message))
        rules = [{"name": "inspect", "abstract": "Look.", "effect": "observes"}]
        send(id=read()["id"], result={"protocol": 1, "name": "inspector", "version": "1", "rules": rules})
        while True:
            message = read()
            if message.get("method") == "run": break
            send(id=message["id"], error={"code": -32601, "message": "no such method"})
        run = message["id"]

        """

    private static let findings = """
        finding("failed", "overwritten", "店铺/接口:第一版", "店铺/接口:第一版 was rebuilt over it and names 9f8e7d6c5b4a now", bytes=12345678,
            details=["ledger: it named 4f0c1d9a7e21 from 2026-11-01T05:12:44Z to 2026-11-01T07:29:31Z", "标签: 它在两小时前被移动到另一个镜像"],
            remedy="docker tag 4f0c1d9a7e21 店铺/接口:旧版")
        finding("failed", "overwritten", "shop/api:v1", "rebuilt", bytes=5100000)
        finding("passed", "unchanged", "cafe\\u0301/web:v2", "names the same image as 2 hours ago", bytes=841)
        finding("skipped", "kept", "日本語:ラベル", "protected by '日本語/*'", bytes=295000000)
        for number in range(30):
            finding("passed", "unchanged", f"shop/service-{number}:v1", "names the same image as 2 hours ago", bytes=1000)
        """

    private static let pipeline = """
        name: 镜像清理
        plugins: [./inspector]
        stages:
          - { name: 检查标签, rule: inspect, on-failure: continue }
          - { rule: exec, with: { command: ["true"] } }
          - { name: later, rule: exec, when: { branch: [nowhere] }, with: { command: ["true"] } }

        """

    /// Starts `hook run` at a terminal, with a plugin that does what `script` says.
    private func start(
        _ script: String,
        _ arguments: [String] = [],
        columns: Int,
        in directory: TemporaryDirectory,
        variables: [String: String] = ["TERM": "xterm-256color"]
    ) throws -> RunningProcess {
        try directory.write(Self.inspector + script + "\n", to: "inspector", mode: 0o755)
        try directory.write(Self.pipeline, to: "hook.yml")
        return try RunningProcess(
            [Repository.hook, "run"] + arguments,
            at: TerminalSize(columns: columns),
            environment: .exactly(environment(variables)),
            directory: directory.path
        )
    }

    private func environment(_ more: [String: String]) -> [String: String] {
        [
            "PATH": Repository.variable("PATH") ?? "/usr/bin:/bin", "HOME": "/nonexistent",
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        ].merging(more) { $1 }
    }

    /// Times are not the same twice.
    private func steady(_ text: String) -> String { text.replacing(/\d+\.\d+s/, with: "0.0s") }

    private func open(_ gate: String, in directory: TemporaryDirectory) async throws {
        let opened = try await runProcess(["sh", "-c", ": >\(gate)"], directory: directory.path)
        #expect(opened.exitCode == 0, "\(opened)")
    }

    private func makeGates(_ names: String..., in directory: TemporaryDirectory) async throws {
        let made = try await runProcess(["mkfifo"] + names, directory: directory.path)
        try #require(made.exitCode == 0, "\(made)")
    }

    @Test(arguments: [60, 80, 200]) func aRunFitsTheTerminalAndLeavesNothingOfItsProgress(columns: Int) async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = "note('two tags\\nmoved: 标签'); progress(1, 4)\n\(Self.findings)\nprogress(4, 4); send(id=run, result={}); read()"
            let outcome = try await start(script, columns: columns, in: directory).end()
            #expect(outcome.exitCode == 1, "\(outcome)")
            let screen = TerminalScreen(outcome.outputBytes, columns: columns)
            #expect(screen.unknown == [])
            #expect(screen.wraps == 0)
            #expect(screen.colours > 0)
            try Snapshot.expect(steady(screen.text), named: "terminal-\(columns).txt")
            // Sizes stand in one column, however wide the letters before them are.
            let ends = ["12.35MB", "5.1MB", "841B", "295MB"].map { size in screen.column(of: size).map { $0 + size.count } }
            #expect(Set(ends).count == 1 && ends[0] != nil, "\(ends)")
        }
    }

    @Test(arguments: [60, 80, 200]) func theListOfRulesFitsTheTerminal(columns: Int) async throws {
        try await TemporaryDirectory.withOne { directory in
            let process = try RunningProcess(
                [Repository.hook, "rules", "list"],
                at: TerminalSize(columns: columns),
                environment: .exactly(environment(["TERM": "xterm-256color"])),
                directory: directory.path
            )
            let outcome = try await process.end()
            #expect(outcome.exitCode == 0, "\(outcome)")
            let screen = TerminalScreen(outcome.outputBytes, columns: columns)
            #expect(screen.wraps == 0)
            try Snapshot.expect(screen.text, named: "rules-\(columns).txt")
        }
    }

    @Test func quietShowsWhatFailedAndHowTheRunEnded() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = "note('no matter'); progress(1, 4)\n\(Self.findings)\nsend(id=run, result={}); read()"
            let outcome = try await start(script, ["--quiet"], columns: 80, in: directory).end()
            #expect(outcome.exitCode == 1, "\(outcome)")
            let screen = TerminalScreen(outcome.outputBytes, columns: 80)
            #expect(!outcome.standardOutput.contains("\u{1B}[K"))
            try Snapshot.expect(steady(screen.text), named: "terminal-quiet.txt")
        }
    }

    @Test func verboseShowsEveryFindingWithItsDetailsAndTimes() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = """
                finding("skipped", "kept", "shop/api:v1", "protected by 'shop/*'", details=["named by 3 containers"])
                for number in range(25): finding("passed", "unchanged", f"shop/service-{number}:v1", "as before")
                send(id=run, result={}); read()
                """
            let outcome = try await start(script, ["--verbose"], columns: 80, in: directory).end()
            #expect(outcome.exitCode == 0, "\(outcome)")
            try Snapshot.expect(steady(TerminalScreen(outcome.outputBytes, columns: 80).text), named: "terminal-verbose.txt")
        }
    }

    @Test func noColourAndNoDrawingWhereTheyAreNotWanted() async throws {
        let cases: [(name: String, variables: [String: String], draws: Bool)] = [
            ("NO_COLOR", ["TERM": "xterm", "NO_COLOR": "1"], true), ("a dumb terminal", ["TERM": "dumb"], false),
            ("a terminal without a name", [:], false),
        ]
        for (name, variables, draws) in cases {
            try await TemporaryDirectory.withOne { directory in
                let script = "progress(1, 4)\n\(Self.findings)\nsend(id=run, result={}); read()"
                let outcome = try await start(script, columns: 80, in: directory, variables: variables).end()
                #expect(TerminalScreen(outcome.outputBytes, columns: 80).colours == 0, "\(name)")
                #expect(outcome.standardOutput.contains("\u{1B}[K") == draws, "\(name)")
                #expect(outcome.standardOutput.contains("\u{1B}") == draws, "\(name)")
            }
        }
    }

    @Test func nothingButPlainLinesGoesToWhatIsNoTerminal() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write(
                Self.inspector + "note('\\x1b[31mred'); progress(1, 4)\n\(Self.findings)\nsend(id=run, result={}); read()\n",
                to: "inspector",
                mode: 0o755
            )
            try directory.write(Self.pipeline, to: "hook.yml")
            let outcome = try await runProcess(
                [Repository.hook, "run"],
                environment: .exactly(environment(["TERM": "xterm"])),
                directory: directory.path
            )
            #expect(outcome.exitCode == 1, "\(outcome)")
            #expect(outcome.standardError == "检查标签: ./inspector: ␛[31mred\n")
            let controls = outcome.standardOutput.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" }
            #expect(controls.isEmpty, "\(outcome)")
        }
    }

    @Test func theBarFollowsTheTerminalAndMakesRoomForTheLog() async throws {
        try await TemporaryDirectory.withOne { directory in
            try await makeGates("first", "second", "third", in: directory)
            let script = """
                progress(412, 1000); gate("first")
                note("a line of the log"); progress(500, 1000); gate("second")
                progress(501, 1000); gate("third")
                send(id=run, result={}); read()
                """
            let process = try start(script, columns: 80, in: directory)
            // The times are drawn anew every second, though the plugin says nothing.
            _ = try await process.wait(for: "to draw the time") { outcome in
                TerminalScreen(outcome.outputBytes, columns: 80).lines.last?.wholeMatch(
                    of: /1\/3 检查标签  ████████████░░░░░░░░░░░░░░░░░░  412\/1000  [0-9]+s/
                ) != nil
            }

            try process.resize(to: TerminalSize(columns: 40))
            try await open("first", in: directory)
            let second = try await process.output(containing: "500/1000")
            let lines = TerminalScreen(second.outputBytes, columns: 80).lines
            #expect(lines.dropLast().last == "检查标签: ./inspector: a line of the log")
            #expect(lines.last?.hasPrefix("1/3 检查标签  ") == true && lines.last?.contains("500/1000") == true, "\(lines)")
            #expect((TerminalScreen(second.outputBytes, columns: 80).widths.last ?? 80) < 40, "\(lines)")

            try process.resize(to: TerminalSize(columns: 12))
            try await open("second", in: directory)
            let third = try await process.wait(for: "to draw into 12 columns") { outcome in
                let screen = TerminalScreen(outcome.outputBytes, columns: 80)
                return (screen.widths.last ?? 80) < 12 && screen.lines.last?.hasPrefix("1/3 检") == true
            }
            #expect(third.status == nil, "\(third)")

            try await open("third", in: directory)
            let end = try await process.end()
            #expect(end.exitCode == 0, "\(end)")
            let screen = TerminalScreen(end.outputBytes, columns: 80)
            #expect(!screen.text.contains("░") && !screen.text.contains("/1000"), "\(screen.text)")
        }
    }

    @Test func anInterruptedRunSaysWhatItDoesAndLeavesTheTerminalAsItWas() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = "progress(1, 4); m = read(); send(id=run, error={'code': -32001, 'message': 'cancelled'}); read()"
            let process = try start(script, columns: 80, in: directory)
            try await process.output(containing: "1/4")
            process.write("\u{3}")
            let outcome = try await process.end()
            #expect(outcome.exitCode == 130, "\(outcome)")
            let screen = TerminalScreen(outcome.outputBytes, columns: 80)
            #expect(screen.unknown == [])
            let note = "hook: interrupted: what is in hand is finished, then the reports are written; the same signal again ends at once"
            #expect(screen.lines.joined().contains(note), "\(screen.text)")
            #expect(screen.lines.last == "", "\(screen.text)")
            #expect(screen.lines.dropLast().last == "! interrupted (exit code 130): run again to go on", "\(screen.text)")
            #expect(!screen.text.contains("1/4"), "\(screen.text)")
        }
    }

    @Test func aSecondInterruptionEndsAtOnceWithoutThePiecesOfABar() async throws {
        try await TemporaryDirectory.withOne { directory in
            try await makeGates("never", in: directory)
            // A plugin that does not hear of the cancellation.
            let process = try start("progress(1, 4); gate('never')", columns: 80, in: directory)
            try await process.output(containing: "1/4")
            process.write("\u{3}")
            try await process.output(containing: "ends at once")
            _ = try await process.wait(for: "to draw the bar again") { outcome in
                TerminalScreen(outcome.outputBytes, columns: 80).lines.last?.contains("1/4") == true
            }
            process.write("\u{3}")
            let outcome = try await process.wait(for: "to be ended") { $0.status != nil }
            #expect(outcome.status == .signalled(2), "\(outcome)")
            // The terminal itself may write what was typed after the line was erased.
            let last = try await process.wait(for: "to erase its line") { outcome in
                TerminalScreen(outcome.outputBytes, columns: 80).lines.last?.replacing("^C", with: "") == ""
            }
            #expect(TerminalScreen(last.outputBytes, columns: 80).unknown == [])
            // The plugin, which nobody tells anything any more, ends when it writes.
            let opened = try await runProcess(["sh", "-c", ": <>never"], directory: directory.path)
            #expect(opened.exitCode == 0, "\(opened)")
        }
    }
}
