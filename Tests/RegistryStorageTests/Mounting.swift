import Foundation
import Glibc
import HookTesting
import Testing

/// File systems that a test mounts for itself, where this process may mount.
enum Mounting {
    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What is mounted.
    enum Kind {
        /// One in memory, with these options of `mount(8)`.
        case memory(options: String)
        /// The directory itself once more.
        case itself
    }

    /// Whether anything can be mounted: the superuser of a container mostly may not.
    static let isPossible: Bool = {
        let path = newPath("probe")
        guard mkdir(path, 0o755) == 0 else { return false }
        defer { rmdir(path) }
        guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else { return false }
        return umount2(path, Int32(MNT_DETACH)) == 0
    }()

    /// Why a test that mounts is skipped.
    static let reason: Comment = "nothing can be mounted here: that takes CAP_SYS_ADMIN"

    private static let isDiskPossible = Task {
        do {
            try await withDisk { _ in }
            return true
        } catch {
            return false
        }
    }

    /// Whether a disk in a file can be made and mounted.
    static func canMountDisk() async -> Bool { await isDiskPossible.value }

    /// Why a test of a full disk is skipped.
    static let diskReason: Comment =
        "no disk in a file can be mounted here: that takes CAP_SYS_ADMIN, a loop device, and mkfs.ext4 from e2fsprogs"

    private static func newPath(_ name: String) -> String { "\(NSTemporaryDirectory())/\(name)-\(UUID().uuidString)" }

    /// Mounts at a directory while `body` runs.
    static func withMount(_ kind: Kind, at path: String, _ body: () async throws -> Void) async throws {
        let result =
            switch kind {
            case .memory(let options): mount("tmpfs", path, "tmpfs", 0, options)
            case .itself: mount(path, path, nil, UInt(MS_BIND), nil)
            }
        guard result == 0 else { throw Failure(description: "cannot mount at '\(path)': \(String(cString: strerror(errno)))") }
        defer { umount2(path, Int32(MNT_DETACH)) }
        try await body()
    }

    /// Mounts a file system in memory at a directory of its own while `body` runs.
    static func withMemory(options: String, _ body: (_ path: String) async throws -> Void) async throws {
        let path = newPath("memory")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { rmdir(path) }
        try await withMount(.memory(options: options), at: path) { try await body(path) }
    }

    /// Mounts a disk of 24 MiB in a file while `body` runs.
    ///
    /// Unlike in memory, its directories take room of their own.
    static func withDisk(_ body: (_ path: String) async throws -> Void) async throws {
        let path = newPath("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer {
            rmdir(path)
            unlink(path + ".image")
        }
        _ = FileManager.default.createFile(atPath: path + ".image", contents: nil)
        truncate(path + ".image", 24 << 20)
        for command in [["mkfs.ext4", "-q", "-m", "0", path + ".image"], ["mount", "-o", "loop", path + ".image", path]] {
            let outcome = try await runProcess(command)
            guard outcome.exitCode == 0 else { throw Failure(description: "\(outcome)") }
        }
        defer { umount2(path, Int32(MNT_DETACH)) }
        try await body(path)
    }
}
