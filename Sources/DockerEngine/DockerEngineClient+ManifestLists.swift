import FoundationEssentials
package import HookKit
package import OCI

/// Podman's manifest lists: `/libpod/images`, `/libpod/manifests`.
extension DockerEngineClient {
    /// The lists of images for several platforms, which Podman's Docker-compatible listing leaves out; empty on other engines.
    ///
    /// One request where there is nothing but images; two more for each list.
    package func manifestLists(besides images: Set<Digest>) async throws -> [EngineManifestList] {
        let dialect = try await dialect()
        guard let path = dialect.libpodPath("/images/json") else { return [] }
        let answer = try successful(try await ask(.get(path, [("all", "true")], limit: limits.question), dialect))
        let listed = try decode([WirePodmanImage]?.self, from: answer) ?? []
        let elements = try checked(answer) { () throws(WireFailure) in
            var elements: [Digest: WirePodmanImage] = [:]
            for element in listed { elements[try element.id.required()] = element }
            return elements
        }
        let suspects = elements.filter { id, element in element.isManifestList ?? !images.contains(id) }.keys
        guard !suspects.isEmpty else { return [] }
        var byManifest: [Digest: Set<Digest>] = [:]
        for (id, element) in elements {
            for digest in element.manifests { byManifest[digest, default: []].insert(id) }
        }
        let imagesByManifest = byManifest
        let contents = try await inspect(Array(suspects)) { id in try await self.content(ofManifestList: id, imagesByManifest, dialect) }
        return contents.sorted { $0.key < $1.key }.map { id, content in
            EngineManifestList(id: id, references: elements[id]?.references ?? [], content: content)
        }
    }

    /// What a manifest list names; `nil` for what is no list, or is gone.
    ///
    /// Podman 4.3 looks for the manifest of what is no list in registries, so it is asked first whether it is one.
    private func content(
        ofManifestList id: Digest,
        _ images: [Digest: Set<Digest>],
        _ dialect: EngineDialect
    ) async throws -> EngineManifestList.Content? {
        guard let path = dialect.libpodPath("/manifests/\(id.hex)") else { return nil }
        do {
            let known = try await transport.ask(.get("\(path)/exists", limit: limits.question))
            if known.status == 404 || known.cause == "image is not a manifest list" { return nil }
            _ = try successful(known)
            let answer = try successful(try await transport.ask(.get("\(path)/json", limit: limits.question)))
            let list = try decode(WireManifestList.self, from: answer)
            return try checked(answer) { () throws(WireFailure) in
                var named: Set<Digest> = []
                for digest in try list.digests() { named.formUnion(images[digest] ?? []) }
                return .images(named)
            }
        } catch let error as EngineError {
            return .unknown(error.description)
        }
    }
}
