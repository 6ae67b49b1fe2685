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
    let standardOutput: TerminalDescription
    let standardError: TerminalDescription

    static func current() -> ProcessSurroundings {
        let environment = ProcessInfo.processInfo.environment
        return ProcessSurroundings(
            environment: environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            homeDirectory: FileManager.default.homeDirectoryForCurrentUser.path,
            executable: executablePath,
            identifier: getpid(),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
            },
            runIdentifier: UUID().uuidString.lowercased(),
            standardOutput: TerminalDescription(descriptor: STDOUT_FILENO, environment: environment),
            standardError: TerminalDescription(descriptor: STDERR_FILENO, environment: environment)
        )
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
