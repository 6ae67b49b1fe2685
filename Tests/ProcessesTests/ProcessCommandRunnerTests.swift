import HookKit
import HookTesting
import Processes
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(10))) struct ProcessCommandRunnerTests {
    private let runner = ProcessCommandRunner()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func shell(_ script: String, environment: [String: String] = [:], gracePeriod: Duration = .seconds(60)) -> Command {
        Command(arguments: ["/bin/sh", "-c", script], directory: directory.path, environment: environment, gracePeriod: gracePeriod)
    }

    /// Runs a command, and cancels it when it has written `ready`; the lines that it wrote.
    private func linesWhenCancelledOnceReady(_ command: Command) async throws -> [String] {
        let lines = Lines()
        let task = Task { try await runner.run(command, output: lines.take) }
        await lines.wait(for: "ready")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        return lines.all
    }

    // MARK: - Running

    @Test func bothOutputsComeInTheirOrderAndTheExitCodeIsKept() async throws {
        let lines = Lines()
        let result = try await runner.run(shell("echo one; echo two >&2; printf 'three\\r\\n'; printf four; exit 7"), output: lines.take)
        #expect(result == CommandResult(status: .exited(7), lastLines: ["one", "two", "three", "four"]))
        #expect(lines.all == ["one", "two", "three", "four"])
    }

    @Test func lineIsHandedOverWhileTheCommandRuns() async throws {
        let lines = Lines()
        let fifo = directory["go"]
        #expect(mkfifo(fifo, 0o600) == 0)
        async let result = runner.run(shell("echo ready; read answer < go; echo \"got $answer\""), output: lines.take)
        await lines.wait(for: "ready")
        try await Self.write("on\n", toFIFO: fifo)
        #expect(try await result.lastLines == ["ready", "got on"])
    }

    @Test func commandThatClosesItsOutputIsWaitedFor() async throws {
        let lines = Lines()
        let fifo = directory["go"]
        #expect(mkfifo(fifo, 0o600) == 0)
        async let result = runner.run(shell("echo ready; exec >&- 2>&-; read answer < go; exit 3"), output: lines.take)
        await lines.wait(for: "ready")
        try await Self.write("on\n", toFIFO: fifo)
        #expect(try await result == CommandResult(status: .exited(3), lastLines: ["ready"]))
    }

    @Test func signalThatEndsTheCommandIsTold() async throws {
        #expect(try await runner.run(shell("kill -s KILL $$")) { _ in }.status == .signalled(9))
    }

    @Test func commandReadsNothingAndHasItsDirectoryAndVariables() async throws {
        let command = shell(
            "cat; pwd; echo \"$GREETING, $HOME\"; readlink /proc/self/fd/0",
            environment: ["GREETING": "hello", "HOME": "x=y"]
        )
        #expect(try await runner.run(command) { _ in }.lastLines == [directory.path, "hello, x=y", "/dev/null"])
    }

    @Test func commandHasNoSignalsIgnoredNoDescriptorsOfOursAndASessionOfItsOwn() async throws {
        // A descriptor without the close-on-exec flag, as a careless library may open one.
        let careless = open("/dev/null", O_RDONLY)
        defer { close(careless) }
        let script = "grep -E 'SigBlk|SigIgn' /proc/$$/status | cut -f 2; ls /proc/$$/fd; ps -o sid= -p $$ | tr -d ' '; echo $$"
        let lines = try await runner.run(shell(script)) { _ in }.lastLines
        #expect(lines.count == 7)
        let masks = lines.prefix(2).map { UInt64($0, radix: 16) }
        // The C library keeps the signals 32 and 33 for itself, and `posix_spawn` has them ignored.
        #expect(masks == [0, 0] || masks == [0, 0x1_8000_0000])
        #expect(lines[2...4] == ["0", "1", "2"])
        #expect(lines[5] == lines[6])
    }

    @Test func longOutputIsHandedOverWholeAndOnlyItsEndIsKept() async throws {
        let count = Mutex(0)
        let result = try await runner.run(shell("i=0; while [ $i -lt 20000 ]; do echo \"line $i\"; i=$((i+1)); done")) { line in
            count.withLock { if line == "line \($0)" { $0 += 1 } }
        }
        #expect(count.withLock { $0 } == 20_000)
        #expect(result.lastLines == (19_980..<20_000).map { "line \($0)" })
    }

    @Test func lineWithoutEndIsHandedOverInPieces() async throws {
        let lines = Lines()
        _ = try await runner.run(shell("head -c 1000000 /dev/zero | tr '\\0' x"), output: lines.take)
        #expect(lines.all.map(\.utf8.count).reduce(0, +) == 1_000_000)
        #expect(lines.all.allSatisfy { $0.utf8.count <= ProcessCommandRunner.longestLine + 1 })
    }

    @Test func bytesThatAreNoUTF8AreReplaced() async throws {
        #expect(try await runner.run(shell("printf 'a\\377b\\n'")) { _ in }.lastLines == ["a\u{FFFD}b"])
    }

    // MARK: - Cancelling

    @Test func cancelledCommandGetsSIGTERMAndItsLastWordsAreHeard() async throws {
        let command = shell("trap 'echo term; exit 0' TERM; sleep 1000 & echo ready; wait")
        let lines = try await linesWhenCancelledOnceReady(command)
        #expect(lines == ["ready", "term"])
    }

    @Test func cancelledCommandThatIgnoresSIGTERMIsKilled() async throws {
        let command = shell("trap '' TERM; echo $$; echo ready; exec sleep 1000", gracePeriod: .milliseconds(20))
        let lines = try await linesWhenCancelledOnceReady(command)
        #expect(!Self.isRunning(lines[0]))
    }

    @Test func cancellationReachesTheWholeSession() async throws {
        // In a shell with job control every child has a process group of its own.
        let script = "set -m; sleep 1000 & echo $!; sh -c 'sleep 1000 & echo $!; echo ready; wait'"
        let command = Command(arguments: ["bash", "-c", script], directory: directory.path, gracePeriod: .seconds(60))
        let lines = try await linesWhenCancelledOnceReady(command)
        #expect(lines.count == 3)
        for line in lines.prefix(2) { #expect(!Self.isRunning(line)) }
    }

    @Test func cancelledTaskStartsNothing() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await runner.run(shell("touch started")) { _ in }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!directory.exists("started"))
    }

    // MARK: - What a command leaves behind

    @Test func childThatOutlivesTheCommandIsEnded() async throws {
        let result = try await runner.run(shell("sleep 1000 & echo $!; exit 5")) { _ in }
        #expect(result.status == .exited(5))
        #expect(!Self.isRunning(result.lastLines[0]))
    }

    @Test func childThatOutlivesTheCommandAndIgnoresSIGTERMIsKilled() async throws {
        let script = "(trap '' TERM; echo on > ready; exec sleep 1000) & echo $!; until [ -s ready ]; do :; done; exit 0"
        let result = try await runner.run(shell(script, gracePeriod: .milliseconds(20))) { _ in }
        #expect(!Self.isRunning(result.lastLines[0]))
    }

    @Test func processThatLeftTheSessionDoesNotHoldTheCommandUp() async throws {
        let script = "setsid sh -c 'echo $$ > escaped; exec yes' & until [ -s escaped ]; do :; done; exit 0"
        #expect(try await runner.run(shell(script)) { _ in }.status == .exited(0))
        // `yes` ends when nobody reads what it writes.
        #expect(directory.exists("escaped"))
    }

    @Test func manyCommandsLeaveNoZombieAndNoDescriptor() async throws {
        let before = try Self.openDescriptors()
        let pids = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<300 {
                // Sixteen at a time.
                if number >= 16 { _ = try await group.next() }
                group.addTask { try await runner.run(shell("echo $$")) { _ in }.lastLines[0] }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for pid in pids { #expect(access("/proc/\(pid)", F_OK) == -1) }
        // Other tests of this process open some meanwhile and close them; of 300 that were left, none would go.
        while try Self.openDescriptors() >= before + 150 { try await Task.sleep(for: .milliseconds(50)) }
    }

    // MARK: - What cannot be run

    @Test(arguments: [
        (["no-such-program"], "cannot run 'no-such-program': there is no such program in PATH"),
        (["./missing"], "cannot run './missing': there is no such file"),
        (["./plain"], "cannot run './plain': it is not executable; try: chmod +x DIR/./plain"),
        (["plain"], "cannot run 'DIR/plain': it is not executable; try: chmod +x DIR/plain"),
        (["./folder"], "cannot run './folder': it is a directory"),
        (["./lost"], "cannot run './lost': the interpreter that it names in its first line is not there"),
        (["./text"], "cannot run './text': it is neither a program for this machine nor a script that begins with '#!'"),
        ([], "cannot run a command without a program"),
        ([""], "cannot run a command without a program"),
        (["echo", "a\0b"], "cannot run 'echo': an argument, a variable or the directory holds a NUL character"),
    ])
    func commandThatCannotBeStartedIsASentence(arguments: [String], message: String) async throws {
        try directory.write("echo", to: "plain")
        try directory.makeDirectory("folder")
        try directory.write("#!/no/such/interpreter\n", to: "lost", mode: 0o755)
        try directory.write("just text\n", to: "text", mode: 0o755)
        let command = Command(arguments: arguments, directory: directory.path, environment: ["PATH": "\(directory.path):/usr/bin:/bin"])
        let expected = CommandError(message.replacing("DIR", with: directory.path))
        await #expect(throws: expected) { try await runner.run(command) { _ in } }
    }

    @Test(arguments: [("missing", "does not exist"), ("file", "is not a directory")])
    func directoryThatCannotBeUsedIsASentence(name: String, reason: String) async throws {
        try directory.write("", to: "file")
        let command = Command(arguments: ["true"], directory: directory[name])
        await #expect(throws: CommandError("cannot run 'true': its directory '\(directory[name])' \(reason)")) {
            try await runner.run(command) { _ in }
        }
    }

    @Test func variableWithoutANameIsRefused() async throws {
        await #expect(throws: CommandError("cannot run 'true': 'A=B' is no name of a variable")) {
            try await runner.run(Command(arguments: ["true"], directory: "/", environment: ["A=B": "c"])) { _ in }
        }
    }

    @Test func argumentsThatAreTooLongAreASentence() async throws {
        let command = Command(arguments: ["true", String(repeating: "x", count: 4_000_000)], directory: "/")
        await #expect(throws: CommandError("cannot run 'true': its arguments and variables are longer than the system allows")) {
            try await runner.run(command) { _ in }
        }
    }

    // MARK: -

    private static func isRunning(_ pid: String) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = fread(&line, 1, line.count, file)
        // Where nothing collects orphans, one that has ended stays in the table.
        return !String(decoding: line[..<count], as: UTF8.self).contains(") Z ")
    }

    private static func openDescriptors() throws -> Int {
        let listing = try #require(opendir("/proc/self/fd"))
        defer { closedir(listing) }
        var count = 0
        while readdir(listing) != nil { count += 1 }
        return count
    }

    /// Opening a FIFO waits for its reader, so another process does it.
    private static func write(_ text: String, toFIFO path: String) async throws {
        #expect(try await runProcess(["sh", "-c", "cat > \"$0\"", path], input: .text(text)).exitCode == 0)
    }
}
