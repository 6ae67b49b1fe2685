import HookKit
import HookTesting
import PluginHost
import Testing

/// Plugins that are of no use from the start.
@Suite(.timeLimit(.minutes(10))) struct BadStartTests {
    private let plugin: ScriptedPlugin

    init() throws { plugin = try ScriptedPlugin() }

    @Test func missingExecutableIsNamed() async throws {
        let failure = try await plugin.failure()
        #expect(failure == PluginFailure(.notStarted, "the plugin './bad' cannot be started: there is no such file"))
    }

    @Test func fileThatIsNotExecutableIsNamedWithWhatToTry() async throws {
        try plugin.directory.write("#!/bin/sh\n", to: "bad")
        let path = "\(plugin.directory.path)/./bad"
        let message = "the plugin './bad' cannot be started: it is not executable; try: chmod +x \(path)"
        #expect(try await plugin.failure() == PluginFailure(.notStarted, message))
    }

    @Test func textThatIsNoProgramIsNamed() async throws {
        try plugin.directory.write("hello", to: "bad", mode: 0o755)
        let message =
            "the plugin './bad' cannot be started: it is neither a program for this machine nor a script that begins with '#!'"
        #expect(try await plugin.failure() == PluginFailure(.notStarted, message))
    }

    @Test func pluginThatExitsAtOnceIsToldWithItsLastWords() async throws {
        try plugin.shell("echo one >&2; echo two >&2; echo three >&2; printf 'no licence' >&2; exit 3")
        let message =
            "the plugin './bad' ended with exit code 3 before it said which rules it brings; "
            + "its standard error ends with: 'two | three | no licence'"
        #expect(try await plugin.failure() == PluginFailure(.ended, message))
    }

    @Test func garbageIsQuoted() async throws {
        try plugin.shell("echo Hello; exec cat >/dev/null")
        let message =
            "the plugin './bad' wrote what is no message of the protocol, since it is no JSON: this is no value, at byte 0: 'Hello'; "
            + "it wrote nothing to its standard error"
        #expect(try await plugin.failure() == PluginFailure(.garbage, message))
    }

    @Test func garbageWithoutEndEndsThePlugin() async throws {
        try plugin.shell("echo $$ > pid; exec yes no")
        #expect(try await plugin.failure().code == .garbage)
        #expect(!ProcessTable.holds(try pid()))
    }

    @Test func hugeLineIsRefusedBeforeItIsRead() async throws {
        try plugin.shell("head -c 67108864 /dev/zero | tr '\\0' x; echo; exec cat >/dev/null")
        let message =
            "the plugin './bad' wrote a line of more than 16777216 bytes, which begins with '\(String(repeating: "x", count: 120))...'; "
            + "it wrote nothing to its standard error"
        #expect(try await plugin.failure() == PluginFailure(.garbage, message))
    }

    @Test(
        arguments: [
            (
                #"send({"id": 99, "result": {}})"#, "it answers a request that was not made: 99",
                #"{"jsonrpc": "2.0", "id": 99, "result": {}}"#
            ),
            (#"write('{"id": 1, "result": {}}\n')"#, #"it does not say "jsonrpc":"2.0""#, #"{"id": 1, "result": {}}"#),
            (
                #"send({"id": "1", "result": {}})"#, "its 'id' is no whole number",
                #"{"jsonrpc": "2.0", "id": "1", "result": {}}"#
            ),
            (
                #"send({"method": "hello"})"#, "there is no notification 'hello'; valid: finding, progress, log, reclaimed, cancelRequest",
                #"{"jsonrpc": "2.0", "method": "hello"}"#
            ),
            (#"write('[]\n')"#, "it is no object", "[]"),
        ]
    )
    func messageThatBreaksTheProtocolIsQuoted(script: String, reason: String, line: String) async throws {
        try plugin.python("read()\n\(script)\nread()")
        let message =
            "the plugin './bad' wrote what is no message of the protocol, since \(reason): '\(line)'; it wrote nothing to its standard error"
        #expect(try await plugin.failure() == PluginFailure(.garbage, message))
    }

    @Test func otherVersionOfTheProtocolIsNamed() async throws {
        try plugin.python("introduce(protocol=2)\nread()")
        let message = "the plugin './bad' speaks version 2 of the plugin protocol, and hook speaks version 1"
        #expect(try await plugin.failure() == PluginFailure(.version, message))
    }

    @Test func pluginThatRefusesToBeInitializedSaysWhy() async throws {
        try plugin.python(#"send({"id": read()["id"], "error": {"code": -32000, "message": "hook is too old"}})"# + "\nread()")
        #expect(try await plugin.failure() == PluginFailure(.failed, "the plugin './bad' refuses to be initialized: hook is too old"))
    }

    @Test func ruleThatIsDeclaredTwiceIsRefused() async throws {
        try plugin.python("introduce([RULE, RULE])\nread()")
        let message = "the rule 'budget' is registered twice: by the plugin './bad' and by the plugin './bad'"
        #expect(try await plugin.failure() == PluginFailure(.declaration, message))
    }

    @Test func nameOfABuiltInRuleIsRefusedAndStandsForNothing() async throws {
        try plugin.python(#"introduce([dict(RULE, name="prune"), RULE])"# + "\nread()")
        let failure = PluginFailure(.declaration, "the rule 'prune' is registered twice: by TestRules and by the plugin './bad'")
        try await plugin.start { host in
            #expect(host.failures.map(\.reason) == [failure])
            #expect(host.registry.rules.isEmpty, "neither the built-in rule nor the plugin's may run under a name that both claim")
            let substitute = try #require(host.substitute(for: "prune"))
            await #expect(throws: failure) {
                try await substitute.run(in: plugin.context(FakeServices(ExampleWorld()), FindingCollector()))
            }
        }
    }

    @Test func nameThatTwoPluginsClaimIsRefusedAndTheRestOfTheFirstStays() async throws {
        try plugin.python(#"introduce([RULE, dict(RULE, name="other")])"# + "\nread()", name: "first")
        try plugin.python("introduce()\nread()", name: "second")
        try await plugin.start(["./first", "./second"]) { host in
            let message = "the rule 'budget' is registered twice: by the plugin './first' and by the plugin './second'"
            #expect(host.failures.map(\.reason) == [PluginFailure(.declaration, message)])
            #expect(host.registry.rules.map(\.name) == ["other", "prune"])
        }
    }

    @Test(
        arguments: [
            (#"dict(RULE, name="Budget")"#, "its name is not in kebab-case"),
            (
                #"dict(RULE, settings={"type": "object", "additionalProperties": True})"#,
                "the schema of its settings allows settings that it does not name"
            ),
            (
                #"dict(RULE, settings={"properties": {"limit": {"type": "string", "format": "size"}}})"#,
                "the setting 'limit' says 'format', which hook does not know there"
            ),
            (
                #"dict(RULE, settings={"properties": {"limit": {"type": "strng"}}})"#,
                "the setting 'limit' is of type 'strng'; valid: boolean, integer, number, string, array, object"
            ),
            (
                #"dict(RULE, settings={"properties": {"limit": {"type": "string", "pattern": "["}}})"#,
                "the setting 'limit' has a 'pattern' that hook does not understand: ["
            ),
            (
                #"dict(RULE, settings={"properties": {"limit": {"type": "integer", "default": "x"}}})"#,
                "the default of the setting 'limit' does not agree with its schema"
            ),
            (#"dict(RULE, settings={"required": ["limit"]})"#, "the required setting 'limit' is not among its 'properties'"),
        ]
    )
    func declarationThatCannotBeUsedIsRefused(rule: String, reason: String) async throws {
        try plugin.python("introduce([\(rule)])\nread()")
        let name = rule.contains("Budget") ? "Budget" : "budget"
        let message = "the plugin './bad' declares the rule '\(name)' in a way that hook cannot use: \(reason)"
        #expect(try await plugin.failure() == PluginFailure(.declaration, message))
    }

    @Test func misspeltMemberOfADeclarationIsRefused() async throws {
        try plugin.python(#"introduce([dict(RULE, efect="observes")])"# + "\nread()")
        let message = "the plugin './bad' declares what hook cannot use: the rule 'budget' has no 'efect'"
        #expect(try await plugin.failure() == PluginFailure(.declaration, message))
    }

    @Test func pluginThatDoesNotAnswerIsEndedWithWhatItStarted() async throws {
        try plugin.shell("sleep 1000 & echo $! > child; trap '' TERM; echo $$ > pid; echo thinking >&2; while :; do sleep 1000; done")
        let message =
            "the plugin './bad' did not answer 'initialize' within 15s, and was ended; its standard error ends with: 'thinking'"
        let failure = try await plugin.failure(answerLimit: .seconds(15), gracePeriod: .milliseconds(100))
        #expect(failure == PluginFailure(.noAnswer, message))
        #expect(!ProcessTable.holds(try pid()))
        #expect(!ProcessTable.runs(try pid("child")))
    }

    @Test func pluginThatFloodsItsStandardErrorIsQuotedShortly() async throws {
        try plugin.shell("yes 'a line of the flood' | head -n 500000 >&2; echo the end >&2; exit 1")
        let message =
            "the plugin './bad' ended with exit code 1 before it said which rules it brings; "
            + "its standard error ends with: 'a line of the flood | a line of the flood | the end'"
        #expect(try await plugin.failure() == PluginFailure(.ended, message))
    }

    @Test func oneBadPluginDoesNotStopTheOthers() async throws {
        try plugin.python("introduce()\nread()", name: "good")
        try plugin.shell("exit 3")
        try await plugin.start(["./bad", "./good", "./gone"]) { host in
            #expect(host.failures.map(\.reason.code) == [.ended, .notStarted])
            #expect(host.registry.rules.map(\.name) == ["budget", "prune"])
            let substitute = try #require(host.substitute(for: "size-budget"))
            let message =
                "the plugin './bad' ended with exit code 3 before it said which rules it brings; it wrote nothing to its standard error; "
                + "the plugin './gone' cannot be started: there is no such file"
            await #expect(throws: PluginFailure(.ended, message)) {
                try await substitute.run(in: plugin.context(FakeServices(ExampleWorld()), FindingCollector()))
            }
        }
    }

    @Test func ruleThatNobodyBringsHasNoSubstituteWherePluginsAreWell() async throws {
        try plugin.python("introduce()\nread()")
        try await plugin.start { host in #expect(host.substitute(for: "size-budget") == nil) }
    }

    @Test func pluginsStartSideBySide() async throws {
        // Each answers only when the other one runs.
        for (name, other) in [("one", "two"), ("two", "one")] {
            let wait = "note('\(name).up', 1)\nwhile not os.path.exists('\(other).up'): time.sleep(0.001)"
            try plugin.python("\(wait)\nintroduce([dict(RULE, name='\(name)')])\nread()", name: name)
        }
        try await plugin.start(["./one", "./two"]) { host in
            #expect(host.failures == [])
            #expect(host.registry.rules.map(\.name) == ["one", "prune", "two"])
        }
    }

    @Test func manyStartsLeaveNoZombieAndNoDescriptor() async throws {
        try plugin.python(
            "note('pid%d' % os.getpid(), os.getpid())\nintroduce([dict(RULE, name='r%d' % os.getpid())])\nread()",
            name: "good"
        )
        try plugin.shell("exit 1")
        let before = ProcessTable.openDescriptors
        for _ in 0..<5 {
            try await plugin.start(["./good", "./good"] + Array(repeating: "./bad", count: 18)) { #expect($0.failures.count == 18) }
        }
        // Each of the hundred plugins had four descriptors at the least; other tests of this process open some meanwhile.
        #expect(ProcessTable.openDescriptors < before + 250)
        let listing = try await runProcess(["ls", plugin.directory.path])
        let pids = listing.standardOutput.split(separator: "\n").filter { $0.hasPrefix("pid") }.map { String($0.dropFirst(3)) }
        #expect(pids.count == 10)
        for pid in pids { #expect(!ProcessTable.holds(pid)) }
    }

    private func pid(_ name: String = "pid") throws -> String {
        String(try plugin.directory.text(of: name).filter { !$0.isWhitespace })
    }
}
