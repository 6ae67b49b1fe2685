import HookTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(10))) struct RunningProcessTests {
    @Test func outputsStatusAndInputAreCaptured() async throws {
        let outcome = try await runProcess(["sh", "-c", "cat; echo oops >&2; exit 7"], input: .text("hello\n"))
        #expect(outcome.status == .exited(7))
        #expect(outcome.standardOutput == "hello\n")
        #expect(outcome.standardError == "oops\n")
    }

    @Test func environmentAndDirectoryAreThoseGiven() async throws {
        let directory = try TemporaryDirectory()
        let exact = try await runProcess(["/usr/bin/env"], environment: .exactly(["A": "1"]), directory: directory.path)
        #expect(exact.standardOutput == "A=1\n")
        let changed = try await runProcess(
            ["sh", "-c", "echo $A$HOME; pwd"],
            environment: .inherited(changing: ["A": "x", "HOME": nil]),
            directory: directory.path
        )
        #expect(changed.standardOutput == "x\n\(directory.path)\n")
    }

    @Test func signalEndsTheProcess() async throws {
        let process = try RunningProcess(["sh", "-c", "echo ready; exec sleep 1000"])
        try await process.output(containing: "ready")
        process.signal(SIGTERM)
        #expect(try await process.end().status == .signalled(SIGTERM))
    }

    @Test func inputStaysOpenUntilItIsClosed() async throws {
        let process = try RunningProcess(["cat"], input: .open)
        process.write("one\n")
        try await process.output(containing: "one\n")
        process.write("two\n")
        process.closeInput()
        #expect(try await process.end().standardOutput == "one\ntwo\n")
    }

    @Test func processThatDoesNotReadDoesNotEndTheTest() async throws {
        let outcome = try await runProcess(["true"], input: .bytes([UInt8](repeating: 65, count: 1_000_000)))
        #expect(outcome.status == .exited(0))
    }

    @Test func processThatTakesTooLongIsKilledAndReaped() async throws {
        let directory = try TemporaryDirectory()
        let failure = await #expect(throws: ProcessFailure.self) {
            try await runProcess(["sh", "-c", "echo $$ > pid; exec sleep 1000"], directory: directory.path, within: .milliseconds(500))
        }
        #expect(failure?.description.hasPrefix("'sh -c echo $$ > pid; exec sleep 1000' took more than 0.5 seconds to end: runs") == true)
    }

    @Test func missingProgramIsAFailureToStart() async throws {
        let failure = await #expect(throws: ProcessFailure.self) { try await runProcess(["no-such-program-here"]) }
        #expect(failure?.description == "cannot start 'no-such-program-here': No such file or directory")
    }

    @Test func manyProcessesRunAtTheSameTime() async throws {
        let codes = try await withThrowingTaskGroup { group in
            for number in 0..<200 { group.addTask { try await runProcess(["sh", "-c", "exit \(number % 50)"]).exitCode } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.compactMap { $0 }.sorted() == (0..<200).map { Int32($0 % 50) }.sorted())
    }
}
