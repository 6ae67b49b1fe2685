import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The system calls that the ledger makes besides SQLite's own; what differs between Linux and macOS stands here.
enum SystemCalls {
    /// What tells one state of a file from another.
    struct FileState: Hashable {
        let inode: UInt64
        let size: Int64
        let seconds: Int64
        let nanoseconds: Int64
    }

    /// Makes a directory by mkdir(2), with what the umask leaves of the mode; `false` where there is one already.
    static func makeDirectory(_ path: String, mode: mode_t = 0o777) throws(Errno) -> Bool {
        if mkdir(path, mode) == 0 { return true }
        let failure = Errno(rawValue: errno)
        guard failure == .fileExists, try fileType(path) == S_IFDIR else { throw failure }
        return false
    }

    /// Says whether the path leads to a directory, links followed; no where nothing is there.
    static func isDirectory(_ path: String) throws(Errno) -> Bool {
        do {
            return try fileType(path) == S_IFDIR
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return false
        }
    }

    /// Says whether something is at the path, links followed; throws where that cannot be told.
    static func exists(_ path: String) throws(Errno) -> Bool {
        do {
            _ = try fileType(path)
            return true
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return false
        }
    }

    /// What forbids this process to write a file or into a directory, by faccessat(2); `nil` for nothing.
    static func writeObstacle(_ path: String) -> Errno? {
        faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? nil : Errno(rawValue: errno)
    }

    /// What forbids this process to read a file, by faccessat(2); `nil` for nothing.
    static func readObstacle(_ path: String) -> Errno? {
        faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? nil : Errno(rawValue: errno)
    }

    /// The state of a file by stat(2); `nil` where there is none.
    static func state(of path: String) throws(Errno) -> FileState? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let failure = Errno(rawValue: errno)
            guard failure == .noSuchFileOrDirectory else { throw failure }
            return nil
        }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        return FileState(
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: Int64(modified.tv_sec),
            nanoseconds: Int64(modified.tv_nsec)
        )
    }

    /// Blocks the thread; never called on the threads that tasks share.
    static func sleep(microseconds: UInt32) {
        // A signal may end it early, which only makes the next look come sooner.
        _ = usleep(microseconds)
    }

    private static func fileType(_ path: String) throws(Errno) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Errno(rawValue: errno) }
        return status.st_mode & S_IFMT
    }
}
