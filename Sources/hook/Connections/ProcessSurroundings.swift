import HookKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a process finds around itself: the only place where hook reads its environment, its directory and its clock.
struct ProcessSurroundings: Sendable {
    let environment: [String: String]
    let workingDirectory: String
    /// Where docker keeps its own files in `.docker`: what `HOME` says, as for `docker`.
    let homeDirectory: String
    /// The program's own file.
    let executable: String
    /// The process' ID.
    let identifier: Int32
    /// How many cores it may use.
    let cores: Int
    let now: @Sendable () -> Timestamp
    /// What tells this run from every other.
    let runIdentifier: String
    /// What git wrote to the hook that started this run; empty where none did.
    let gitInput: String
    let standardOutput: TerminalDescription
    let standardError: TerminalDescription

    static func current() -> ProcessSurroundings {
        let environment = ProcessInfo.processInfo.environment
        return ProcessSurroundings(
            environment: environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            homeDirectory: homeDirectory(environment),
            executable: executablePath,
            identifier: getpid(),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
            },
            runIdentifier: UUID().uuidString.lowercased(),
            gitInput: environment["HOOK_PUSH_REMOTE"] == nil ? "" : readStandardInput(),
            standardOutput: TerminalDescription(descriptor: STDOUT_FILENO, environment: environment),
            standardError: TerminalDescription(descriptor: STDERR_FILENO, environment: environment)
        )
    }

    /// The home directory as `docker` finds it: `HOME` where it says anything, or else that of the user's entry, getpwuid_r(3).
    ///
    /// It decides which docker context, and so which engine, is meant: where hook and `docker` did not agree, a stage would remove things from
    /// another engine than the one that its user looks at. Source: moby, `pkg/homedir/homedir.go`.
    private static func homeDirectory(_ environment: [String: String]) -> String {
        if let home = environment["HOME"], !home.isEmpty { return home }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 65536)
        // Without an entry there is no home, for `docker` neither.
        guard getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let home = entry.pw_dir else { return "" }
        return String(cString: home)
    }

    /// All of standard input, as far as a push can be meant by it.
    private static func readStandardInput() -> String {
        guard isatty(STDIN_FILENO) == 0 else { return "" }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 1 << 30 {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path of the running program: proc_pid_exe(5), or as it was called.
    private static var executablePath: String {
        #if os(Linux)
            let path = realpath("/proc/self/exe", nil)
        #else
            let path = realpath(CommandLine.arguments[0], nil)
        #endif
        guard let path else { return CommandLine.arguments[0] }
        defer { free(path) }
        return String(cString: path)
    }
}
