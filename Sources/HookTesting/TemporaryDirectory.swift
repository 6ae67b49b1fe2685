#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A new directory that is removed, with everything in it, when nothing holds this object any more.
///
/// A suite keeps it as a property, so that it lives as long as each of its tests; a test that has none of its own calls `withOne`.
package final class TemporaryDirectory: Sendable {
    /// The absolute path, without symbolic links.
    package let path: String

    /// Makes a directory with a short name, so that a socket's path fits, below `TMPDIR` or `/tmp`.
    package init() throws {
        var template = Array(((getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/hook-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileFailure("mkdtemp", Self.text(template)) }
        let made = Self.text(template)
        guard let resolved = realpath(made, nil) else { throw FileFailure("realpath", made) }
        defer { free(resolved) }
        path = String(cString: resolved)
    }

    deinit { Self.remove(path) }

    /// Makes a directory, hands it to `body`, and removes it when that ends.
    package static func withOne<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        return try await body(directory)
    }

    /// The absolute path of a name in the directory.
    package subscript(name: String) -> String { "\(path)/\(name)" }

    /// Makes a directory and those above it; its absolute path.
    @discardableResult
    package func makeDirectory(_ name: String) throws -> String {
        var current = path
        for component in name.split(separator: "/") {
            current += "/\(component)"
            guard mkdir(current, 0o755) == 0 || errno == EEXIST else { throw FileFailure("mkdir", current) }
        }
        return current
    }

    /// Writes a file, and makes the directories above it; its absolute path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: UInt32 = 0o644) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    /// Writes a file, and makes the directories above it; its absolute path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: UInt32 = 0o644) throws -> String {
        if let slash = name.lastIndex(of: "/") { try makeDirectory(String(name[..<slash])) }
        let file = self[name]
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileFailure("open", file) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FileFailure("write", file) }
            written += count
        }
        guard fchmod(descriptor, mode) == 0 else { throw FileFailure("fchmod", file) }
        return file
    }

    /// The content of a file; bytes that are no UTF-8 are repaired.
    package func text(of name: String) throws -> String { String(decoding: try bytes(of: name), as: UTF8.self) }

    /// The content of a file.
    package func bytes(of name: String) throws -> [UInt8] {
        let file = self[name]
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open", file) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw FileFailure("read", file) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Says whether a name is there; a symbolic link that leads nowhere is.
    package func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat(self[name], &status) == 0
    }

    /// Removes a tree without following symbolic links; what cannot be removed stays, since a test's end is no place to fail.
    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        // A test may have taken the permission to list it.
        chmod(path, 0o700)
        var names: [String] = []
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            closedir(stream)
        }
        for name in names { remove("\(path)/\(name)") }
        rmdir(path)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
