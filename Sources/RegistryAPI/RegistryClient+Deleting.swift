import HTTPTransport
package import HookKit
package import OCI

extension RegistryClient {
    /// Finds out what the registry deletes when it is asked: it is asked for a tag, then for a digest, that cannot be there.
    ///
    /// Observed with distribution 2.8.2: an absent tag is answered with 400 DIGEST_INVALID, an absent digest with 404, and both with 405 where
    /// deletes are not enabled. Later versions and the other registries that delete tags answer 404 to the first.
    package func deletionSupport(in repository: String) async throws -> RegistryDeletionSupport {
        let absentTag = "hook-asks-\(UInt64.random(in: 0 ... .max))-\(UInt64.random(in: 0 ... .max))"
        if try await isDeleted(.tag(absentTag), repository) { return .tags }
        guard let absentDigest = Digest("sha256:" + String(repeating: "0", count: 64)) else {
            preconditionFailure("64 zeros are a digest's digits")
        }
        return try await isDeleted(.digest(absentDigest), repository) ? .manifests : .nothing
    }

    /// Says whether the registry would have deleted something that is not there.
    private func isDeleted(_ target: RegistryTarget, _ repository: String) async throws -> Bool {
        var request = try deletion(target, repository)
        request.isProbe = true
        let answer = try await transport.ask(request)
        switch answer.status {
        case 404, 200..<300: return true
        case 400, 405, 501: return false
        default:
            _ = try await successful(answer, to: request)
            return false
        }
    }

    /// Deletes a tag and leaves the manifest; says whether it was there.
    @discardableResult
    package func deleteTag(_ tag: String, in repository: String) async throws -> RegistryDeletion {
        try checkAccess(to: "delete the tag '\(repository.oneLine):\(tag.oneLine)'")
        return try await delete(.tag(tag), repository)
    }

    /// Deletes a manifest, and with it every tag that names it; says whether it was there.
    @discardableResult
    package func deleteManifest(_ digest: Digest, in repository: String) async throws -> RegistryDeletion {
        try checkAccess(to: "delete '\(repository.oneLine)@\(digest)'")
        return try await delete(.digest(digest), repository)
    }

    private func delete(_ target: RegistryTarget, _ repository: String) async throws -> RegistryDeletion {
        let request = try deletion(target, repository)
        let answer = try await transport.ask(request)
        if answer.status == 404 {
            // So answers a proxy that lets no deletion through, whatever is there.
            guard try await descriptor(of: target, in: repository) == nil else {
                throw RegistryError(.unsupported, "\(transport.subject) answered \(request.name) with 404, and has it all the same")
            }
            return .absent
        }
        if answer.status == 400, answer.codes.contains("DIGEST_INVALID") || answer.codes.contains("UNSUPPORTED") {
            throw RegistryError(.unsupported, "\(transport.subject) deletes no tags, only manifests by their digest")
        }
        _ = try await successful(answer, to: request)
        return .deleted
    }

    private func deletion(_ target: RegistryTarget, _ repository: String) throws -> RegistryRequest {
        RegistryRequest(
            method: .delete,
            path: try path(repository, "manifests/\(component(target))"),
            scope: .delete(repository),
            limit: limits.deletion,
            size: limits.noteSize
        )
    }
}
