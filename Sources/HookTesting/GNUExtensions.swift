#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Calls of the C library that its module does not show to Swift, because their headers show them only under `_GNU_SOURCE`.
enum GNUExtensions {
    private typealias Pipe2 = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
    private typealias AddChangeDirectory =
        @convention(c) (
            UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>
        ) -> Int32

    /// `pipe2(2)` with `O_CLOEXEC`: no process that starts meanwhile inherits an end, and keeps it open.
    static func closeOnExecPipe() throws -> (read: Int32, write: Int32) {
        let pipe2 = function("pipe2", as: Pipe2.self)
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw FileFailure("pipe2", "") }
        return (ends[0], ends[1])
    }

    /// `posix_spawn_file_actions_addchdir_np(3)`.
    static func addChangeDirectory(_ directory: String, to actions: inout posix_spawn_file_actions_t) {
        let add = function("posix_spawn_file_actions_addchdir_np", as: AddChangeDirectory.self)
        precondition(add(&actions, directory) == 0, "out of memory")
    }

    private static func function<Function>(_ name: String, as type: Function.Type) -> Function {
        guard let symbol = dlsym(nil, name) else { preconditionFailure("this C library has no \(name)") }
        // The types above are those of the manual pages; a C function's pointer is as large as any other.
        return unsafeBitCast(symbol, to: type)
    }
}
