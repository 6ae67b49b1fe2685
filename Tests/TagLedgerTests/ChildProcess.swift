import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program that a test started, with the file that takes what it prints.
struct ChildProcess {
    /// How a program ended, and what it had printed.
    struct Ending: Equatable {
        /// The exit code, or 128 and the signal's number.
        let code: Int32
        /// Everything on standard output and standard error.
        let output: String
    }

    private let process: pid_t
    private let outputPath: String

    /// The program beside the tests' own that was built with them.
    static var ledgerWriter: String {
        #if os(macOS)
            let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? Bundle.main.bundleURL
        #else
            let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        #endif
        return tests.deletingLastPathComponent().appendingPathComponent("ledger-writer").path
    }

    /// Starts a program, found by PATH where it has no slash.
    init(_ arguments: [String], in folder: TemporaryFolder) throws {
        outputPath = folder.path("output-\(UUID().uuidString)")
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, arguments[0], &actions, nil, words, variables)
        guard failure == 0 else { throw CocoaError(.executableLoad, userInfo: ["program": arguments[0], "errno": failure]) }
        self.process = process
    }

    /// Waits for the end, without blocking the threads that tasks share.
    func ending() async throws -> Ending {
        let process = process
        let code = await withCheckedContinuation { (continuation: CheckedContinuation<Int32, Never>) in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) == -1, errno == EINTR {}
                continuation.resume(returning: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F)
            }
        }
        let output = try String(contentsOfFile: outputPath, encoding: .utf8)
        try FileManager.default.removeItem(atPath: outputPath)
        return Ending(code: code, output: output)
    }

    /// Runs a program to its end.
    static func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> Ending {
        try await ChildProcess(arguments, in: folder).ending()
    }
}
