import ArgumentParser
import HookKit
import Runner

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file of a plan.
enum PlanFile {
    /// Makes a temporary file beside the plan's place, which only its owner may read: what a plan shows of a build host is not for everybody.
    ///
    /// One that cannot be written ends the command with exit code 78 before anything is run.
    static func create(_ path: String, in surroundings: ProcessSurroundings) throws -> ReportFile {
        do throws(ReportFile.Failure) {
            return try ReportFile(
                path: ConfigPath(path, in: surroundings.workingDirectory).absolute,
                runIdentifier: surroundings.runIdentifier,
                what: "plan",
                mode: 0o600
            )
        } catch {
            StandardStream.error.write("hook: error: \(error)\n")
            throw ExitCode(78)
        }
    }

    /// Reads a plan: open(2), read(2).
    static func read(_ path: String, in surroundings: ProcessSurroundings) throws(InvalidPlan) -> RunPlan {
        let bytes = try bytes(of: ConfigPath(path, in: surroundings.workingDirectory).absolute, named: path)
        do throws(InvalidPlan) {
            return try RunPlan(reading: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw InvalidPlan("the plan '\(path)' cannot be carried out: \(error)")
        }
    }

    /// Says whether two paths lead to one file: stat(2).
    static func isSameFile(_ first: String, _ second: String) -> Bool {
        if first == second { return true }
        var (one, other) = (stat(), stat())
        return stat(first, &one) == 0 && stat(second, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    private static func bytes(of place: String, named path: String) throws(InvalidPlan) -> [UInt8] {
        let descriptor = open(place, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = systemRead(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func failure(_ path: String) -> InvalidPlan {
        InvalidPlan("the plan '\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
}

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.read(descriptor, bytes, count)
    #else
        Darwin.read(descriptor, bytes, count)
    #endif
}
