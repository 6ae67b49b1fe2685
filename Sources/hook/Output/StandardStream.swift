import Processes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output or standard error, written whole; the only way in which hook writes to the terminal.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes all bytes: write(2).
    ///
    /// A reader that has gone away is no reason to stop a run in the middle of its work.
    func write(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return }
        let bytes = Array(bytes)
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = withoutPipeSignal { systemWrite(rawValue, buffer.baseAddress.map { $0 + offset }, buffer.count - offset) }
                if count > 0 {
                    offset += count
                } else if count < 0, errno != EINTR {
                    return
                }
            }
        }
    }

    /// Writes a text.
    func write(_ text: String) { write(Array(text.utf8)) }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
