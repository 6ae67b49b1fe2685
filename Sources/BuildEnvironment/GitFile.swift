#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads the small files of a git repository.
enum GitFile {
    /// What a path leads to.
    enum Kind: Hashable {
        case file, directory, other, nothing
    }

    /// A `packed-refs` that is longer is not read: the commit is then left out.
    private static let longestFile = 256 << 20

    /// What a path leads to; `stat(2)`.
    static func kind(_ path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The first line of a file without its end; `nil` where there is no such file.
    static func line(_ path: String) -> String? {
        guard kind(path) == .file, let (bytes, _) = beginning(of: path, atMost: 4096) else { return nil }
        return String(validating: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    /// A path that a file names, from the directory that it is relative to.
    static func path(_ text: String, from directory: String) -> String { text.hasPrefix("/") ? text : "\(directory)/\(text)" }

    /// The commit that `packed-refs` has for a name: a line `<commit> <name>`.
    static func packedCommit(of name: String, in path: String) -> String? {
        guard kind(path) == .file, let (bytes, isWhole) = beginning(of: path, atMost: longestFile), isWhole else { return nil }
        let name = Array(name.utf8)
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let length = end - start - name.count - 1
            // The commit's length tells a name from one that only ends in the same way.
            if length == 40 || length == 64, bytes[start + length] == UInt8(ascii: " "), bytes[(end - name.count)..<end].elementsEqual(name)
            {
                let commit = String(decoding: bytes[start..<start + length], as: UTF8.self)
                return GitHead.isCommit(commit) ? commit.lowercased() : nil
            }
            start = end + 1
        }
        return nil
    }

    /// The first bytes of a file, and whether they are all of it; `nil` where it cannot be read.
    private static func beginning(of path: String, atMost limit: Int) -> (bytes: [UInt8], isWhole: Bool)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let size = min(Int(status.st_size), limit)
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < size {
            let result = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { return nil }
            if result == 0 { break }
            count += result
        }
        return (Array(bytes[..<count]), Int(status.st_size) <= limit)
    }
}
