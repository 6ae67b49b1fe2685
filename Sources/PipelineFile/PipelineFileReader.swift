#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a pipeline file's bytes; the only place where this module touches the file system.
enum PipelineFileReader {
    /// Why a file could not be read: one line, lower case, without a full stop.
    struct Failure: Error, Hashable {
        /// The line.
        let message: String
    }

    /// The bytes of a file: all of them, or the first `limit + 1` of a file that is larger.
    ///
    /// A pipe is read like a file, so that `hook run <(generate)` works.
    static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        var count = 0
        while count <= limit {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: min(bytes.count, limit + 1 - count)) }
            let space = count..<min(bytes.count, limit + 1)
            let result = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + space.lowerBound, space.count) }
            if result == 0 { break }
            if result > 0 {
                count += result
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        return Array(bytes.prefix(count))
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ENOENT, ENOTDIR: Failure(message: "there is no such file")
        case EISDIR: Failure(message: "this is a directory, not a pipeline file")
        case EACCES, EPERM: Failure(message: "the file cannot be read: permission denied")
        default: Failure(message: "the file cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
