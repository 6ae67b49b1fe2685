import Processes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A report's file: written whole or not at all, beside its place first, then renamed into it.
///
/// A symbolic link stays, and what it leads to is replaced. A device, a pipe or a descriptor (`/dev/stdout`) cannot be replaced: the report is written into it.
struct ReportFile {
    /// Why a report cannot be written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Where the bytes go.
    private enum Place {
        /// Into a temporary file, which then takes this path.
        case file(path: String, temporary: String)
        /// Into something that stays what it is.
        case stream
    }

    let path: String
    /// What messages call it.
    private let what: String
    private let runIdentifier: String
    private let mode: mode_t
    private let place: Place
    private var descriptor: Int32

    /// Makes the directories above the file and a temporary file in its directory, or opens what cannot be replaced, so that a path that cannot be
    /// written is known before anything is run: mkdir(2), open(2).
    ///
    /// `mode` are the permissions, of which the umask takes some away.
    init(path: String, runIdentifier: String, what: String = "report", mode: mode_t = 0o666) throws(Failure) {
        self.path = path
        self.what = what
        self.runIdentifier = runIdentifier
        self.mode = mode
        switch FileIdentity.kind(of: path) {
        case .directory: throw Failure(description: "the \(what) '\(path)' cannot be written: it is a directory")
        case .brokenLink: throw Failure(description: "the \(what) '\(path)' cannot be written: it is a symbolic link that leads nowhere")
        case .stream:
            place = .stream
            // A pipe that nobody reads would hold up the run; what stands in a redirected standard output stays.
            descriptor = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure(path, what) }
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        case .missing, .file:
            try Self.makeDirectories(above: path, what)
            let resolved = FileIdentity.resolved(path)
            let temporary = "\(resolved).\(runIdentifier).tmp"
            place = .file(path: resolved, temporary: temporary)
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw Self.failure(path, what) }
        }
    }

    /// Says whether it stays what it is, so that what was written into it cannot be taken back.
    var isStream: Bool { if case .stream = place { true } else { false } }

    /// Writes the report and puts it in its place.
    mutating func commit(_ bytes: [UInt8]) throws(Failure) {
        defer { discard() }
        try write(bytes)
        try putInPlace(bytes)
    }

    /// Writes the report beside its place, or into what cannot be replaced: write(2), fsync(2).
    ///
    /// What was written beside its place before goes; once the report is in its place, a new one is begun.
    mutating func write(_ bytes: [UInt8]) throws(Failure) {
        if descriptor < 0 { self = try ReportFile(path: path, runIdentifier: runIdentifier, what: what, mode: mode) }
        if !isStream {
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure(path, what) }
        }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { start in
                    withoutPipeSignal { systemWrite(descriptor, start + offset, buffer.count - offset) }
                } ?? 0
            }
            if count < 0, errno != EINTR { throw Self.failure(path, what) }
            offset += max(0, count)
        }
        guard isStream || fsync(descriptor) == 0 else { throw Self.failure(path, what) }
    }

    /// Puts what was written in its place, which is known again as `bytes`: rename(2).
    ///
    /// Where the run cleared the directory away, and the temporary file with it, both are made anew.
    mutating func putInPlace(_ bytes: [UInt8]) throws(Failure) {
        defer { discard() }
        if try isRenamed() { return }
        discard()
        try write(bytes)
        if try !isRenamed() { throw Failure(description: "the \(what) '\(path)' cannot be written: its directory goes away") }
    }

    /// Renames the temporary file; `false` where there is none any more.
    private func isRenamed() throws(Failure) -> Bool {
        guard case .file(let path, let temporary) = place else { return true }
        if rename(temporary, path) == 0 { return true }
        guard errno == ENOENT else { throw Self.failure(self.path, what) }
        return false
    }

    /// Closes and removes the temporary file, where it is still there.
    mutating func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        if case .file(_, let temporary) = place { unlink(temporary) }
    }

    private static func failure(_ path: String, _ what: String) -> Failure {
        Failure(description: "the \(what) '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func makeDirectories(above path: String, _ what: String) throws(Failure) {
        var index = path.index(path.startIndex, offsetBy: 1, limitedBy: path.endIndex) ?? path.endIndex
        while let slash = path[index...].firstIndex(of: "/") {
            let directory = String(path[..<slash])
            if mkdir(directory, 0o777) != 0 {
                if errno != EEXIST, errno != EISDIR { throw failure(path, what) }
            } else if directory.hasSuffix("/.hook") {
                try hideFromGit(directory)
            }
            index = path.index(after: slash)
        }
    }

    /// Writes a `.gitignore` into a `.hook` directory that was made here, as the ledger does: it holds no source.
    private static func hideFromGit(_ directory: String) throws(Failure) {
        let path = "\(directory)/.gitignore"
        do throws(NewFile.Failure) {
            try NewFile(path: path).write("*\n")
        } catch {
            throw Failure(description: error.description)
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
