#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A system call that failed in a test's preparation.
package struct FileFailure: Error, CustomStringConvertible {
    /// Which call, on what, and why.
    package let description: String

    /// Takes the reason from `errno`.
    init(_ call: String, _ subject: String, code: Int32 = errno) {
        description = "\(call) '\(subject)': \(String(cString: strerror(code)))"
    }
}
