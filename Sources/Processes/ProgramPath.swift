import HookKit
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a command's program lies, and why it cannot be run where it cannot.
struct ProgramPath: Sendable {
    /// The program as it was named: its first argument.
    let name: String
    /// The program's path.
    let path: FilePath
    /// The directory to run it in.
    let directory: FilePath

    /// Finds a command's program: in PATH, the command's own where it sets one, or from its directory where the name has a slash.
    init(_ command: Command) throws(CommandError) {
        guard let name = command.arguments.first, !name.isEmpty else { throw CommandError("cannot run a command without a program") }
        let texts = command.arguments + [command.directory] + command.environment.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw CommandError("cannot run '\(name.prefix { $0 != "\0" })': an argument, a variable or the directory holds a NUL character")
        }
        if let wrong = command.environment.keys.sorted().first(where: { $0.isEmpty || $0.contains("=") }) {
            throw CommandError("cannot run '\(name)': '\(wrong)' is no name of a variable")
        }
        self.name = name
        directory = FilePath(command.directory)
        try Self.checkDirectory(command.directory, of: name)
        if name.utf8.contains(UInt8(ascii: "/")) {
            let path = name.hasPrefix("/") ? name : "\(command.directory)/\(name)"
            if let obstacle = Self.obstacle(to: path) { throw CommandError("cannot run '\(name)': \(obstacle)") }
            self.path = FilePath(path)
        } else {
            let search = command.environment["PATH"] ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
            path = FilePath(try Self.find(name, in: search, directory: command.directory))
        }
    }

    /// One sentence for what the start of the program, or following it, ended with.
    func sentence(for error: SubprocessError) -> CommandError {
        let reason: String
        switch (error.code, error.underlyingError) {
        case (.executableNotFound, _), (.spawnFailed, .noSuchFileOrDirectory?):
            reason = "the interpreter that it names in its first line is not there"
        case (.spawnFailed, .execFormatError?):
            reason = "it is neither a program for this machine nor a script that begins with '#!'"
        case (.spawnFailed, .argListTooLong?):
            reason = "its arguments and variables are longer than the system allows"
        case (.spawnFailed, let code?): reason = "\(code)"
        default: reason = "\(error)"
        }
        return CommandError("cannot run '\(name)': \(reason)")
    }

    private static func checkDirectory(_ directory: String, of name: String) throws(CommandError) {
        var status = stat()
        let reason: String
        if stat(directory, &status) != 0 {
            reason = errno == ENOENT ? "does not exist" : "cannot be read: \(Errno(rawValue: errno))"
        } else if status.st_mode & S_IFMT != S_IFDIR {
            reason = "is not a directory"
        } else if access(directory, X_OK) != 0 {
            reason = "cannot be entered: \(Errno(rawValue: errno))"
        } else {
            return
        }
        throw CommandError("cannot run '\(name)': its directory '\(directory)' \(reason)")
    }

    /// The first file in PATH that can be run; an empty or relative entry is relative to the command's directory, as in a shell there.
    private static func find(_ name: String, in search: String, directory: String) throws(CommandError) -> String {
        var found: (path: String, obstacle: String)?
        for entry in search.split(separator: ":", omittingEmptySubsequences: false) {
            let path = entry.hasPrefix("/") ? "\(entry)/\(name)" : entry.isEmpty ? "\(directory)/\(name)" : "\(directory)/\(entry)/\(name)"
            guard access(path, F_OK) == 0 else { continue }
            guard let obstacle = obstacle(to: path) else { return path }
            found = found ?? (path, obstacle)
        }
        guard let found else { throw CommandError("cannot run '\(name)': there is no such program in PATH") }
        throw CommandError("cannot run '\(found.path)': \(found.obstacle)")
    }

    private static func obstacle(to path: String) -> String? {
        var status = stat()
        if stat(path, &status) != 0 { return errno == ENOENT ? "there is no such file" : "\(Errno(rawValue: errno))" }
        if status.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
        if status.st_mode & S_IFMT != S_IFREG { return "it is not a file" }
        return access(path, X_OK) == 0 ? nil : "it is not executable; try: chmod +x \(path)"
    }
}
