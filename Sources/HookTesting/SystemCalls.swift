#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `write(2)`, under a name that no method hides.
func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }

/// `read(2)`, under a name that no method hides.
func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }

/// `close(2)`, under a name that no method hides.
func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
