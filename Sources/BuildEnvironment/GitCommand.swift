#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The `git` program, for repositories whose branches are not in files.
struct GitCommand {
    /// How long git may take; what is in the way of a longer run is nothing that a run should wait for.
    private static let longestWait = 5_000
    private static let longestOutput = 8192

    private let program: String
    private let variables: [String]

    /// Finds git in the PATH of these variables.
    init?(_ variables: BuildVariables) {
        let candidates: [String] = (variables["PATH"] ?? "").split(separator: ":").map { "\($0)/git" }
        let found = candidates.first { access($0, X_OK) == 0 }
        guard let found else { return nil }
        program = found
        self.variables = ["PATH", "HOME", "XDG_CONFIG_HOME", "GIT_DIR"].compactMap { name in variables[name].map { "\(name)=\($0)" } }
    }

    /// What git says is checked out in the repository that a directory lies in.
    func head(in directory: String) -> GitHead? {
        if let lines = lines(["-C", directory, "rev-parse", "HEAD", "--symbolic-full-name", "HEAD"]), lines.count == 2,
            GitHead.isCommit(lines[0])
        {
            return GitHead(commit: lines[0].lowercased(), branch: lines[1] == "HEAD" ? nil : GitHead.shortName(lines[1]))
        }
        // A branch without a commit.
        guard let lines = lines(["-C", directory, "symbolic-ref", "--quiet", "HEAD"]), lines.count == 1 else { return nil }
        return GitHead(commit: nil, branch: GitHead.shortName(lines[0]))
    }

    /// The lines that git writes; `nil` where it fails, or takes too long.
    private func lines(_ arguments: [String]) -> [String]? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        guard ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }), let process = start(arguments, output: ends[1]) else {
            close(ends[1])
            return nil
        }
        close(ends[1])
        let output = read(ends[0])
        if output == nil { kill(process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard let output, status == 0 else { return nil }
        return output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    private func start(_ arguments: [String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var process: pid_t = 0
        var argumentCopies = (["git"] + arguments).map { strdup($0) } + [nil]
        var variableCopies = variables.map { strdup($0) } + [nil]
        defer { for copy in argumentCopies + variableCopies { free(copy) } }
        return posix_spawn(&process, program, &actions, nil, &argumentCopies, &variableCopies) == 0 ? process : nil
    }

    /// Reads to the end with `poll(2)`; `nil` when that does not come in time.
    private func read(_ descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.longestOutput)
        let deadline = ContinuousClock.now + .milliseconds(Self.longestWait)
        while bytes.count < Self.longestOutput {
            let (seconds, attoseconds) = (deadline - .now).components
            let rest = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = rest > 0 ? poll(&event, 1, rest) : 0
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = readBytes(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? bytes : nil }
            bytes += buffer[..<count]
        }
        return nil
    }
}

/// `read(2)`, under a name that no method hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }
