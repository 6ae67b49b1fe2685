import FoundationEssentials
package import HookKit

/// Volumes: `/volumes`.
extension DockerEngineClient {
    /// Every volume.
    package func volumes() async throws -> [EngineVolume] {
        try await document(WireVolumes.self, at: "/volumes").volumes?.map(\.volume) ?? []
    }

    /// The volume that has a name now; `nil` where none has.
    package func volume(named name: String) async throws -> EngineVolume? {
        let answer = try await get("/volumes/\(try component(name, of: "volume"))")
        if answer.status == 404 { return nil }
        return try decode(WireVolume.self, from: successful(answer)).volume
    }

    /// Removes a volume that no container uses, without force.
    package func removeVolume(_ name: String) async throws {
        try checkAccess(to: "remove the volume '\(EngineAnswer.oneLine(name))'")
        let path = try await dialect().path("/volumes/\(try component(name, of: "volume"))")
        _ = try successful(try await command(.delete(path, [("force", "false")], limit: limits.removal)))
    }
}
