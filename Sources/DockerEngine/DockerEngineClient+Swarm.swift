import FoundationEssentials
import HookKit

/// Swarm: `/services`.
extension DockerEngineClient {
    /// The image references that Swarm services hold, those of a rollback included; empty where the engine manages no swarm.
    ///
    /// A manager that cannot answer, because its swarm is locked or has no leader, is an error: what its services hold is not known then.
    package func serviceImages() async throws -> [String] {
        let answer = try await get("/services")
        switch answer.status {
        // Podman, and engines before Swarm.
        case 404, 405, 406, 501: return []
        case 503 where answer.complaint.contains("not a swarm manager") || answer.complaint.contains("not part of a swarm"): return []
        default: break
        }
        let services = try decode([WireService]?.self, from: successful(answer)) ?? []
        return Set(services.flatMap(\.images)).sorted()
    }
}
