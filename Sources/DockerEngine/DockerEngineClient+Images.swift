import FoundationEssentials
import HTTPTransport
package import HookKit
package import OCI

/// Images: `/images`.
extension DockerEngineClient {
    /// What the listing does not say of some images; an image that is gone is missing from the result.
    package func inspectImages(_ identifiers: [Digest]) async throws -> [Digest: EngineImageDetails] {
        try await inspect(identifiers) { identifier in
            let answer = try await self.get("/images/\(identifier)/json")
            if answer.status == 404 { return nil }
            let details = try self.decode(WireImageDetails.self, from: try self.successful(answer))
            return try self.checked(answer) { () throws(WireFailure) in try details.details(of: identifier) }
        }
    }

    /// The tags that an image has now; `nil` where it is gone.
    package func tags(of image: Digest) async throws -> [String]? {
        let answer = try await get("/images/\(image)/json")
        if answer.status == 404 { return nil }
        let details = try decode(WireImageDetails.self, from: successful(answer))
        return try checked(answer) { () throws(WireFailure) in try details.tags(of: image) }
    }

    /// Removes an image that has at most one tag, without force and without its parents; what the engine untagged and deleted.
    package func removeImage(_ identifier: Digest) async throws -> ImageRemoval {
        try checkAccess(to: "remove the image \(identifier.short)")
        return try await remove(docker: identifier.description, podman: identifier.hex)
    }

    /// Removes a tag from the image that it still names, and with the last one the image, without force and without its parents.
    ///
    /// The engine removes what the name means when the request arrives, so it is asked for that directly before.
    ///
    /// A reference with a digest instead of a tag, such as a pull leaves behind, is removed where the store removes it alone: the containerd store
    /// takes every tag of the repository with it.
    package func removeTag(_ reference: ImageReference, of image: Digest) async throws -> ImageRemoval {
        try checkAccess(to: "remove the tag '\(reference)'")
        let name = try await removableName(of: reference)
        let named = try await self.image(named: name.docker)
        guard named == image else {
            throw EngineError(.changed, "'\(reference)' names \(named.short) by now, and not \(image.short), so it stays")
        }
        return try await remove(docker: name.docker, podman: name.podman)
    }

    /// The image that a whole name means now.
    private func image(named name: String) async throws -> Digest {
        let answer = try await get("/images/\(name.percentEncoded(keeping: "/:@"))/json")
        if answer.status == 404 { throw EngineError(.notFound, "\(transport.subject) has no image '\(name)' any more") }
        let named = try decode(WireImageDetails.self, from: successful(answer))
        return try checked(answer) { () throws(WireFailure) in try named.id.required() }
    }

    /// How the engines are to be told of a tag.
    private func removableName(of reference: ImageReference) async throws -> (docker: String, podman: String) {
        switch (reference.tag, reference.digest) {
        case (let tag?, nil):
            // The whole name: a short one might be the beginning of an ID, and Podman has its own idea of where short names lie.
            return ("\(reference.name):\(tag)", "\(reference.name):\(tag)")
        case (nil, let digest?):
            let store = try await identity.imageStore
            guard store == .classic else {
                throw EngineError(
                    .unsupported,
                    "'\(reference)' is not removed by its digest: the \(store.rawValue) store would take every tag of the repository with it"
                )
            }
            return ("\(reference.name)@\(digest)", "")
        default:
            throw EngineError(.unsupported, "'\(reference)' is not removed: it has to be named by a tag, or by a digest alone")
        }
    }

    /// Fetches the listing.
    func fetchImages() async throws -> [EngineImage] {
        let answer = try successful(try await get("/images/json", [("all", "true")]))
        let listed = try answer.withBytes { WireImage.plainList($0) } ?? decode([WireImage]?.self, from: answer) ?? []
        return try checked(answer) { () throws(WireFailure) in try WireImage.images(listed) }
    }

    /// Runs a check of what an answer says; what it finds is a bad answer.
    func checked<Result>(_ answer: EngineAnswer, _ check: () throws(WireFailure) -> Result) throws(EngineError) -> Result {
        do {
            return try check()
        } catch {
            throw answer.request.unanswered("\(transport.subject) answered \(answer.request.name) with \(error.description)")
        }
    }

    private func remove(docker name: String, podman podmanName: String) async throws -> ImageRemoval {
        let dialect = try await dialect()
        guard dialect.isPodman else {
            let path = dialect.path("/images/\(name.percentEncoded(keeping: "/:@"))")
            let answer = try await command(.delete(path, [("force", "false"), ("noprune", "true")], limit: limits.removal))
            return WireImageRemoval.removal(try decode([WireImageRemoval]?.self, from: successful(answer)) ?? [])
        }
        guard let path = dialect.libpodRemovalPath else {
            throw EngineError(
                .unsupported,
                "\(transport.subject) is Podman \(dialect.libpodVersion ?? ""), which cannot remove an image without its untagged parents; "
                    + "update it to 4.3 or later"
            )
        }
        let query = [("images", podmanName), ("force", "false"), ("noprune", "true")]
        let answer = try successful(try await command(.delete(path, query, limit: limits.removal)))
        let removal = try decode(WirePodmanRemoval.self, from: answer)
        if let code = removal.failure {
            let reason = EngineAnswer.oneLine(removal.errors?.joined(separator: "; ") ?? "no reason given")
            let sentence = "\(transport.subject) answered \(answer.request.name) with: \(reason)"
            // Podman lists what it did before it failed.
            if code == .badAnswer, !removal.didNothing { throw answer.request.unanswered(sentence) }
            throw EngineError(code, sentence)
        }
        return removal.removal
    }
}
