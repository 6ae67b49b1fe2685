#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines on their way to hook: those that come while others are written are gathered, so that many findings need few system calls.
///
/// A thread of its own writes them. Whoever adds lines faster than hook reads them waits.
///
/// `@unchecked Sendable`: `gathered` and `isWriting` are only touched while `mutex` is held.
final class LineOutput: @unchecked Sendable {
    private static let most = 1 << 20

    private let descriptor: Int32
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var gathered: [UInt8] = []
    private var isWriting = false

    /// Writes to an open descriptor, for the rest of the process's life.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        gathered.reserveCapacity(Self.most)
        BackgroundThread.start { self.writeForEver() }
    }

    /// Adds a line, its end included.
    func add(_ line: [UInt8]) {
        pthread_mutex_lock(mutex)
        while gathered.count > Self.most { pthread_cond_wait(changed, mutex) }
        let wasEmpty = gathered.isEmpty
        gathered += line
        pthread_mutex_unlock(mutex)
        if wasEmpty { pthread_cond_broadcast(changed) }
    }

    /// Waits until everything was written.
    func flush() {
        pthread_mutex_lock(mutex)
        while isWriting || !gathered.isEmpty { pthread_cond_wait(changed, mutex) }
        pthread_mutex_unlock(mutex)
    }

    private func writeForEver() {
        var writing: [UInt8] = []
        writing.reserveCapacity(Self.most)
        while true {
            pthread_mutex_lock(mutex)
            isWriting = false
            if gathered.isEmpty { pthread_cond_broadcast(changed) }
            while gathered.isEmpty { pthread_cond_wait(changed, mutex) }
            swap(&gathered, &writing)
            isWriting = true
            pthread_mutex_unlock(mutex)
            pthread_cond_broadcast(changed)
            write(writing)
            writing.removeAll(keepingCapacity: true)
        }
    }

    /// Writes everything: write(2).
    ///
    /// Where hook is gone, SIGPIPE ends this process, which then has nothing to do.
    private func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = systemWrite(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
                if count > 0 {
                    offset += count
                } else if count < 0, errno != EINTR {
                    return
                }
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
