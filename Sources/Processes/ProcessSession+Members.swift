#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

#if os(Linux)
    extension ProcessSession {
        /// The process groups of the session in which a process other than the leader runs; a process that only waits to be reaped does not.
        ///
        /// `getsid(2)` of every process in `/proc`; source of the state: proc_pid_stat(5).
        var memberGroups: Set<pid_t> {
            guard let directory = opendir("/proc") else { return [] }
            defer { closedir(directory) }
            var groups: Set<pid_t> = []
            while let entry = readdir(directory) {
                guard let process = Self.number(entry), process != leader, getsid(process) == leader else { continue }
                let group = getpgid(process)
                if group > 0, !Self.isZombie(process) { groups.insert(group) }
            }
            return groups
        }

        /// The entry's name, where it is a process's ID.
        private static func number(_ entry: UnsafeMutablePointer<dirent>) -> pid_t? {
            withUnsafeBytes(of: &entry.pointee.d_name) { name in
                var number: pid_t = 0
                for (index, byte) in name.enumerated() {
                    if byte == 0 { return index == 0 ? nil : number }
                    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), index < 9 else { return nil }
                    number = number * 10 + pid_t(byte - UInt8(ascii: "0"))
                }
                return nil
            }
        }

        /// Says whether a process has ended and only waits to be reaped; one that is gone has ended too.
        private static func isZombie(_ process: pid_t) -> Bool {
            let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return errno == ENOENT }
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: 1024)
            let count = read(descriptor, &buffer, buffer.count)
            // The command's name may hold spaces and parentheses, so that the fields are counted from the last one.
            guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return true }
            return buffer[end + 2] == UInt8(ascii: "Z") || buffer[end + 2] == UInt8(ascii: "X")
        }
    }
#else
    extension ProcessSession {
        /// The leader's group while another process is in it: without a process table only the group as a whole can be asked for.
        var memberGroups: Set<pid_t> {
            // `kill(2)` reports EPERM where only a process that waits to be reaped is left in the group.
            kill(-leader, 0) == 0 ? [leader] : []
        }
    }
#endif
