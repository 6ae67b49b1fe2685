import FoundationEssentials
import HTTPTransport
package import HookKit
package import OCI
import Synchronization

extension RegistryClient {
    /// Every form of manifest, so that no registry turns one into another, or hides it.
    private static let manifestTypes = [
        MediaType.ociIndex, MediaType.ociManifest, MediaType.dockerManifestList, MediaType.dockerManifest, MediaType.ociArtifact,
        MediaType.dockerSchema1Signed, MediaType.dockerSchema1, "*/*;q=0.1",
    ]

    private func manifestRequest(
        _ method: RegistryRequest.Method,
        _ target: RegistryTarget,
        _ repository: String
    ) throws -> RegistryRequest {
        RegistryRequest(
            method: method,
            path: try path(repository, "manifests/\(component(target))"),
            scope: .pull(repository),
            accept: [Self.manifestTypes.joined(separator: ", ")],
            limit: limits.question,
            size: limits.documentSize
        )
    }

    /// What a tag or a digest names; `nil` where it names nothing.
    ///
    /// A registry that does not say the digest when it is only asked for that is asked for the manifest.
    package func descriptor(of target: RegistryTarget, in repository: String) async throws -> RegistryDescriptor? {
        let request = try manifestRequest(.head, target, repository)
        let answer = try await transport.ask(request)
        if answer.status == 404 { return nil }
        guard answer.isSuccess, let said = answer.fields["docker-content-digest"] else {
            return try await manifest(target, in: repository)?.descriptor
        }
        guard let digest = Digest(said) else { throw bad(request, "'\(said.oneLine)' where a digest belongs") }
        if case .digest(let asked) = target, asked != digest { throw wrong(asked, digest, request) }
        return RegistryDescriptor(
            digest: digest,
            mediaType: answer.mediaType,
            size: ByteSize(bytes: max(0, answer.fields["content-length"].flatMap { Int64($0) } ?? 0))
        )
    }

    /// The manifest that a tag or a digest names; `nil` where it names nothing.
    package func manifest(_ target: RegistryTarget, in repository: String) async throws -> RegistryManifest? {
        let request = try manifestRequest(.get, target, repository)
        var answer = try await transport.ask(request)
        if answer.status == 404 { return nil }
        answer = try await successful(answer, to: request)
        let said = answer.fields["docker-content-digest"]
        if let said, Digest(said) == nil { throw bad(request, "'\(said.oneLine)' where a digest belongs") }
        let expected: Digest?
        switch target {
        case .digest(let asked): expected = asked
        case .tag: expected = said.flatMap { Digest($0) }
        }
        let isSigned = answer.mediaType == MediaType.dockerSchema1Signed
        // The first form is signed inside, and its digest leaves the signature out.
        if let expected, !isSigned { try verify(answer.body, is: expected, request) }
        guard let digest = expected ?? Self.digest(of: answer.body) else {
            throw bad(request, "a manifest whose digest cannot be told")
        }
        let wire = try decode(WireManifest.self, from: answer, to: request)
        let descriptor = RegistryDescriptor(
            digest: digest,
            mediaType: wire.mediaType ?? answer.mediaType,
            size: ByteSize(bytes: Int64(answer.body.count))
        )
        do {
            return try wire.manifest(descriptor)
        } catch {
            throw bad(request, error.description)
        }
    }

    /// What an image's configuration says; `nil` where the registry has it no more, or it is no image's configuration.
    package func configuration(_ descriptor: RegistryDescriptor, in repository: String) async throws -> RegistryImageConfiguration? {
        let types: Set = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"]
        guard types.contains(descriptor.mediaType) else { return nil }
        let request = RegistryRequest(
            method: .get,
            path: try path(repository, "blobs/\(descriptor.digest)"),
            scope: .pull(repository),
            limit: limits.question,
            size: limits.documentSize
        )
        var answer = try await transport.ask(request)
        if answer.status == 404 { return nil }
        answer = try await successful(answer, to: request)
        try verify(answer.body, is: descriptor.digest, request)
        return try decode(WireConfiguration.self, from: answer, to: request).configuration
    }

    /// Says whether a repository has a blob.
    package func hasBlob(_ digest: Digest, in repository: String) async throws -> Bool {
        let request = RegistryRequest(
            method: .head,
            path: try path(repository, "blobs/\(digest)"),
            scope: .pull(repository),
            limit: limits.question,
            size: limits.noteSize
        )
        let answer = try await transport.ask(request)
        if answer.status == 404 { return false }
        _ = try await successful(answer, to: request)
        return true
    }

    /// The manifests that name a digest as their subject.
    ///
    /// Source: OCI Distribution Specification 1.1, "Listing Referrers": where the API is not there, a tag `sha256-<hex>` names an index of them.
    ///
    /// A registry that has no such API is asked for it once; one that has it does not answer 404 for a repository that it knows.
    package func referrers(of digest: Digest, in repository: String) async throws -> [RegistryDescriptor] {
        try await referrers(of: digest, in: repository, ifKnown: nil)
    }

    /// The same where the repository's tags are known, so that a tag that is not among them is not asked for.
    package func referrers(of digest: Digest, in repository: String, knowing tags: Set<String>) async throws -> [RegistryDescriptor] {
        try await referrers(of: digest, in: repository, ifKnown: tags)
    }

    private func referrers(of digest: Digest, in repository: String, ifKnown tags: Set<String>?) async throws -> [RegistryDescriptor] {
        if lacksReferrers.withLock({ $0 }) { return try await referrersByTag(of: digest, in: repository, knowing: tags) }
        var found: [RegistryDescriptor] = []
        var next: RegistryRequest? = RegistryRequest(
            method: .get,
            path: try path(repository, "referrers/\(digest)"),
            scope: .pull(repository),
            accept: [MediaType.ociIndex],
            limit: limits.question,
            size: limits.documentSize
        )
        var asked: Set<String> = []
        while let request = next {
            asked.insert(request.target)
            var answer = try await transport.ask(request)
            if answer.status == 404 || answer.status == 405 || answer.mediaType.hasPrefix("text/html") {
                if !answer.codes.contains("NAME_UNKNOWN") { lacksReferrers.withLock { $0 = true } }
                return try await referrersByTag(of: digest, in: repository, knowing: tags)
            }
            answer = try await successful(answer, to: request)
            let wire = try decode(WireManifest.self, from: answer, to: request)
            for manifest in wire.manifests ?? [] {
                do {
                    found.append(try manifest.descriptor())
                } catch {
                    throw bad(request, error.description)
                }
            }
            next = try followingPage(answer, request)
            guard found.count <= limits.listLength, next.map({ !asked.contains($0.target) }) ?? true else {
                throw bad(request, "a page that leads back to an earlier one, so that the list has no end")
            }
        }
        return found
    }

    private func referrersByTag(
        of digest: Digest,
        in repository: String,
        knowing tags: Set<String>?
    ) async throws -> [RegistryDescriptor] {
        let tag = String("\(digest.algorithm.rawValue)-\(digest.hex)".prefix(128))
        guard tags?.contains(tag) ?? true else { return [] }
        return try await manifest(.tag(tag), in: repository)?.children ?? []
    }

    private func wrong(_ asked: Digest, _ digest: Digest, _ request: RegistryRequest) -> RegistryError {
        RegistryError(.wrongDigest, "\(transport.subject) answered \(request.name) with \(digest), which is not what was asked for")
    }
}

extension RegistryAnswer {
    /// The media type, without parameters.
    var mediaType: String {
        let text = fields["content-type"] ?? ""
        return text.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    }
}
