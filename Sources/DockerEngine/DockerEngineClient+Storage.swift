import FoundationEssentials
import HTTPTransport
package import HookKit

/// What storage takes, and the build cache: `/system/df`, `/build/prune`.
extension DockerEngineClient {
    /// What images, layers and the build cache take on disk; slow on engines that measure every volume for it.
    ///
    /// From API 1.42 on only images and the build cache are measured; before, the engine measures volumes too, and serves one such question at a
    /// time: while it serves another's, this one is asked again.
    func fetchDiskUsage() async throws -> EngineDiskUsage {
        let dialect = try await dialect()
        let canChoose = dialect.version >= APIVersion(major: 1, minor: 42) && !dialect.isPodman
        let request = EngineRequest.get(
            dialect.path("/system/df"),
            canChoose ? [("type", "image"), ("type", "build-cache")] : [],
            limit: limits.diskUsage
        )
        let clock = ContinuousClock()
        let end = clock.now + limits.diskUsage
        var pause = limits.pauseWhileBusy
        while true {
            let answer = try await ask(request, dialect)
            if answer.status == 500, answer.complaint.contains("disk usage operation is already running"), clock.now + pause < end {
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
                continue
            }
            let success = try successful(answer)
            let usage = try success.withBytes { WireDiskUsage.plain($0) } ?? decode(WireDiskUsage.self, from: success)
            return try checked(answer) { () throws(WireFailure) in try usage.usage(isPodman: dialect.isPodman) }
        }
    }

    /// Removes one record of the build cache; the bytes that it freed.
    ///
    /// The engine reads the filter `id` as a regular expression that may match anywhere (moby, `builder-next/builder.go`), so it is anchored, and an
    /// ID with anything but letters and digits is refused. A record that others build on is kept by the engine without a word: that is a conflict.
    package func removeBuildCache(_ identifier: String) async throws -> ByteSize {
        try checkAccess(to: "remove the build cache record '\(EngineAnswer.oneLine(identifier))'")
        guard !identifier.isEmpty, identifier.utf8.allSatisfy({ $0.isUnreserved && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "~") })
        else {
            throw EngineError(
                .unsupported,
                "'\(EngineAnswer.oneLine(identifier))' is no ID of a build cache record that \(transport.subject) could be asked to remove alone"
            )
        }
        let path = try await dialect().path("/build/prune")
        let query = [("all", "true"), ("filters", #"{"id":{"^\#(identifier)$":true}}"#)]
        let answer = try successful(try await command(.post(path, query, limit: limits.removal)))
        let pruned = try decode(WireCachePrune.self, from: answer)
        let deleted = pruned.deleted ?? []
        guard deleted.allSatisfy({ $0 == identifier }) else {
            throw EngineError(
                .badAnswer,
                "\(transport.subject) was asked to remove the build cache record \(identifier) and removed \(EngineAnswer.oneLine(deleted.joined(separator: ", ")))"
            )
        }
        guard !deleted.isEmpty else {
            throw EngineError(
                .conflict,
                "\(transport.subject) kept the build cache record \(identifier): a build uses it, another record builds on it, or it is gone"
            )
        }
        return ByteSize(bytes: pruned.reclaimed ?? 0)
    }
}
