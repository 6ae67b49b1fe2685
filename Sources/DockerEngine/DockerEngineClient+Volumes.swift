import FoundationEssentials
package import HookKit

/// Volumes: `/volumes`.
extension DockerEngineClient {
    /// Every volume.
    package func volumes() async throws -> [EngineVolume] {
        try await document(WireVolumes.self, at: "/volumes").volumes?.map(\.volume) ?? []
    }

    /// Removes a volume that no container uses, without force.
    package func removeVolume(_ name: String) async throws {
        try checkAccess(to: "remove the volume '\(EngineAnswer.oneLine(name))'")
        let path = try await dialect().path("/volumes/\(try component(name, of: "volume"))")
        _ = try successful(try await command(.delete(path, [("force", "false")], limit: limits.removal)))
    }
}
