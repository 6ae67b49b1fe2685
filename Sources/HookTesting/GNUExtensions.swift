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

    private typealias OpenTerminal = @convention(c) (Int32) -> Int32
    private typealias ChangeTerminal = @convention(c) (Int32) -> Int32
    private typealias NameTerminal = @convention(c) (Int32, UnsafeMutablePointer<CChar>, Int) -> Int32

    /// `POSIX_SPAWN_SETSID` of `spawn.h`: the process leads a session of its own.
    static let spawnsInOwnSession: Int32 = 0x80

    /// `posix_openpt(3)` with `O_CLOEXEC`, granted and unlocked.
    static func openTerminal() throws -> Int32 {
        let descriptor = function("posix_openpt", as: OpenTerminal.self)(O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("posix_openpt", "") }
        for name in ["grantpt", "unlockpt"] where function(name, as: ChangeTerminal.self)(descriptor) != 0 {
            let failure = FileFailure(name, "")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// `ptsname_r(3)`.
    static func otherEnd(of descriptor: Int32) throws -> String {
        var name = [CChar](repeating: 0, count: 128)
        let code = function("ptsname_r", as: NameTerminal.self)(descriptor, &name, name.count)
        guard code == 0 else { throw FileFailure("ptsname_r", "", code: code) }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

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
