#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What runs on this machine, as far as a test started it.
enum ProcessTable {
    /// Says whether a process is in the table at all, be it only to be reaped.
    static func holds(_ text: String) -> Bool {
        guard let process = pid_t(text) else { return false }
        return kill(process, 0) == 0 || errno == EPERM
    }

    /// Says whether a process runs; one that ended and that nobody reaps, because its parent is gone and there is no init, does not.
    static func runs(_ text: String) -> Bool {
        guard let file = fopen("/proc/\(text)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = fread(&line, 1, line.count, file)
        return !String(decoding: line[..<count], as: UTF8.self).contains(") Z ")
    }

    /// How many descriptors this process has open.
    static var openDescriptors: Int {
        guard let listing = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(listing) }
        var count = 0
        while readdir(listing) != nil { count += 1 }
        return count
    }
}
