#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process that was just started, with our ends of its pipes.
struct SpawnedProcess {
    let identifier: pid_t
    /// The end to write to; `nil` where the process reads `/dev/null`.
    let input: Int32?
    let output: Int32
    /// `nil` where a terminal shows both outputs.
    let error: Int32?

    /// Starts a process with three pipes, and no other descriptor of ours.
    init(_ arguments: [String], environment: RunningProcess.Environment, directory: String?, input: RunningProcess.Input) throws {
        let output = try GNUExtensions.closeOnExecPipe()
        let errorPipe = try GNUExtensions.closeOnExecPipe()
        var inputPipe: (read: Int32, write: Int32)?
        if case .nothing = input {} else { inputPipe = try GNUExtensions.closeOnExecPipe() }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let inputPipe {
            posix_spawn_file_actions_adddup2(&actions, inputPipe.read, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2)
        if let directory { GNUExtensions.addChangeDirectory(directory, to: &actions) }

        let result = Result { try Self.spawn(arguments, environment: environment, &actions) }
        close(output.write)
        close(errorPipe.write)
        if let inputPipe { close(inputPipe.read) }
        do {
            identifier = try result.get()
        } catch {
            close(output.read)
            close(errorPipe.read)
            if let inputPipe { close(inputPipe.write) }
            throw error
        }
        self.input = inputPipe?.write
        self.output = output.read
        self.error = errorPipe.read
    }

    /// Starts a process at a terminal, which is its controlling one: it leads a session, and the first terminal that it opens is its own.
    init(_ arguments: [String], environment: RunningProcess.Environment, directory: String?, at terminal: PseudoTerminal) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, terminal.path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        if let directory { GNUExtensions.addChangeDirectory(directory, to: &actions) }
        identifier = try Self.spawn(arguments, environment: environment, &actions, flags: GNUExtensions.spawnsInOwnSession)
        input = nil
        output = terminal.descriptor
        error = nil
    }

    /// `posix_spawnp(3)` with default signals.
    private static func spawn(
        _ arguments: [String],
        environment: RunningProcess.Environment,
        _ actions: inout posix_spawn_file_actions_t,
        flags: Int32 = 0
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | flags))

        var identifier: pid_t = 0
        let variables = variables(environment).map { "\($0.key)=\($0.value)" }
        guard let program = arguments.first else { preconditionFailure("a command has at least a program") }
        let failure = withStrings(arguments) { arguments in
            withStrings(variables) { posix_spawnp(&identifier, program, &actions, &attributes, arguments, $0) }
        }
        guard failure == 0 else {
            throw ProcessFailure("cannot start '\(arguments.joined(separator: " "))': \(String(cString: strerror(failure)))")
        }
        return identifier
    }

    private static func variables(_ environment: RunningProcess.Environment) -> [String: String] {
        switch environment {
        case .exactly(let variables): return variables
        case .inherited(let changes):
            var variables: [String: String] = [:]
            var next = environ
            while let entry = next.pointee {
                let text = String(cString: entry)
                if let sign = text.firstIndex(of: "=") { variables[String(text[..<sign])] = String(text[text.index(after: sign)...]) }
                next = next.successor()
            }
            for (name, value) in changes { variables[name] = value }
            return variables
        }
    }

    private static func withStrings<Result>(
        _ strings: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { buffer in
            guard let address = buffer.baseAddress else { preconditionFailure("the list holds at least its end") }
            return body(address)
        }
    }
}
