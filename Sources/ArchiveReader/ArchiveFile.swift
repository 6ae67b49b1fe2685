import HookKit
import Processes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open file that should be an archive.
///
/// The file is closed when nothing holds this object any more.
final class ArchiveFile: Sendable {
    private let path: String
    private let descriptor: Int32
    private let size: Int64
    private let beginning: [UInt8]

    /// Opens a file with `open(2)`, and looks at what it is.
    init(_ path: String) throws(ImageArchiveError) {
        self.path = path
        // A FIFO must not keep us waiting for its writer.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        size = Int64(status.st_size)
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG, size > 0 else {
            close(descriptor)
            let reason = kind == S_IFDIR ? "it is a directory" : kind == S_IFREG ? "it is empty" : "it is not a file"
            throw ImageArchiveError("cannot read '\(path)': \(reason)")
        }
        var buffer = [UInt8](repeating: 0, count: 8)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        beginning = Array(buffer[..<count])
    }

    deinit { close(descriptor) }

    /// The members with these names; what lies between them is not read where the file is not compressed.
    ///
    /// - Parameters:
    ///   - names: the members to find.
    ///   - searchPath: where programs that undo a compression are looked for; PATH where it is `nil`.
    func members(_ names: Set<String>, searchPath: String?) async throws -> (members: [String: TarScanner.Member], hasEnd: Bool) {
        var scanner = TarScanner(wanted: names)
        if let compression = Compression(beginning) {
            try await scan(with: &scanner, through: compression, searchPath: searchPath)
        } else {
            try scan(with: &scanner)
        }
        return (scanner.members, scanner.hasEnd)
    }

    // MARK: - Plain

    private func scan(with scanner: inout TarScanner) throws {
        var offset: Int64 = 0
        do {
            while true {
                try Task.checkCancellation()
                switch scanner.need {
                case .nothing: return
                case .skip(let length, _):
                    guard length <= size - offset else { return try scanner.end(after: size - offset) }
                    offset += length
                    scanner.skip()
                case .bytes(let count):
                    guard Int64(count) <= size - offset else { return try scanner.end(after: size - offset) }
                    try scanner.give(read(count, at: offset)[...])
                    offset += Int64(count)
                }
            }
        } catch let problem as TarProblem {
            throw sentence(for: problem)
        }
    }

    private func read(_ count: Int, at offset: Int64) throws(ImageArchiveError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let result = bytes[done...].withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { throw Self.failure(path, errno) }
            // Whoever writes the file has cut it meanwhile.
            guard result > 0 else { throw ImageArchiveError("cannot read '\(path)': it became shorter while it was read") }
            done += result
        }
        return bytes
    }

    // MARK: - Compressed

    private func scan(with scanner: inout TarScanner, through compression: Compression, searchPath: String?) async throws {
        let filter: FilterProcess
        do {
            filter = try FilterProcess(compression.command, searchPath: searchPath)
        } catch {
            throw ImageArchiveError(
                "cannot read '\(path)': it is compressed, and there is no program '\(compression.rawValue)' here to read it; install it"
            )
        }
        lseek(descriptor, 0, SEEK_SET)
        var feed = ScannerFeed(scanner)
        do {
            let end = try await filter.run(input: descriptor) { try feed.give($0) }
            guard case .exited(let code) = end.status, compression.isSuccess(exitCode: code) else {
                let line = end.errorText.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? "it ended early"
                throw ImageArchiveError("cannot read '\(path)': it is truncated or damaged: \(line)")
            }
            try feed.end()
        } catch let problem as TarProblem {
            throw sentence(for: problem, in: compression)
        } catch let error as CommandError {
            throw ImageArchiveError("cannot read '\(path)': \(error)")
        }
        scanner = feed.scanner
    }

    // MARK: - Sentences

    private func sentence(for problem: TarProblem, in compression: Compression? = nil) -> ImageArchiveError {
        let place = compression.map { "of what \($0.rawValue) unpacks " } ?? ""
        let reason =
            switch problem {
            case .notAnArchive:
                compression.map { "what it holds, compressed with \($0.rawValue), is no tar archive" } ?? "it is no tar archive"
            case .truncated(let offset): "it is truncated: byte \(offset) \(place)is its last"
            case .damaged(let offset): "it is damaged: at byte \(offset) \(place)there is no header"
            case .tooLong(let name): "'\(name)' in it is longer than \(ByteSize(bytes: Int64(TarScanner.longestMember)))"
            }
        return ImageArchiveError("cannot read '\(path)': \(reason)")
    }

    private static func failure(_ path: String, _ code: Int32) -> ImageArchiveError {
        let reason = code == ENOENT ? "there is no such file" : String(cString: strerror(code))
        return ImageArchiveError("cannot read '\(path)': \(reason)")
    }
}
