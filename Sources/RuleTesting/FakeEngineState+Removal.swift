import HookKit
import OCI

/// The refusals and effects of removals, as the Engine has them.
///
/// Source: moby, `daemon/images/image_delete.go` (`ImageDelete`, `checkImageDeleteConflict`, `isSingleReference`), `daemon/delete.go`,
/// `daemon/network.go`, `volume/service/store.go`, and BuildKit's `cache/manager.go` (`prune`).
extension FakeEngineState {
    /// Removes an image by its ID, together with its tag where it has no more than one.
    mutating func removeImage(_ identifier: Digest, at time: Timestamp) throws(EngineError) -> ImageRemoval {
        guard let image = images.first(where: { $0.id == identifier }) else {
            throw EngineError(.notFound, "No such image: \(identifier)")
        }
        if let conflict = conflict(of: image) { throw conflict }
        guard Self.isSingleReference(image) else {
            throw EngineError(
                .conflict,
                "conflict: unable to delete \(identifier.short) (must be forced) - image is referenced in multiple repositories"
            )
        }
        let untagged = image.references.map(\.description) + image.unreadableReferences + image.repositoryDigests.map(\.description)
        for _ in untagged { remember("untag", identifier, at: time) }
        delete(identifier, at: time)
        return ImageRemoval(untagged: untagged, deleted: [identifier.description])
    }

    /// Removes a tag, and with the last name of an image the image.
    mutating func removeTag(_ reference: ImageReference, of identifier: Digest, at time: Timestamp) throws(EngineError) -> ImageRemoval {
        guard let index = images.firstIndex(where: { $0.references.contains(reference) }) else {
            throw EngineError(.notFound, "No such image: \(reference)")
        }
        let image = images[index]
        guard image.id == identifier else {
            throw EngineError(.changed, "'\(reference)' names \(image.id.short) by now, so it stays")
        }
        if Self.isSingleReference(image), let container = containers.first(where: { $0.image == image.id }) {
            throw EngineError(
                .conflict,
                "conflict: unable to remove repository reference \"\(reference)\" (must force) - "
                    + "container \(container.id.prefix(12)) is using its referenced image \(image.id.short)"
            )
        }
        var untagged = [reference.description]
        let references = image.references.filter { $0 != reference }
        var digests = image.repositoryDigests
        // With the last tag in a repository the digests of that repository go too.
        if !references.contains(where: { $0.name == reference.name }) {
            untagged += digests.filter { $0.name == reference.name }.map(\.description)
            digests.removeAll { $0.name == reference.name }
        }
        for _ in untagged { remember("untag", image.id, at: time) }
        images[index] = image.with(references: references, repositoryDigests: digests)
        guard references.isEmpty, digests.isEmpty, image.unreadableReferences.isEmpty else {
            return ImageRemoval(untagged: untagged, deleted: [])
        }
        // An image that others were made from stays without a name, and the engine does not complain.
        if images.contains(where: { $0.parent == image.id }) { return ImageRemoval(untagged: untagged, deleted: []) }
        delete(image.id, at: time)
        return ImageRemoval(untagged: untagged, deleted: [image.id.description])
    }

    /// Removes a container that does not run.
    mutating func removeContainer(_ identifier: String, at time: Timestamp) throws(EngineError) {
        guard let container = containers.first(where: { $0.id == identifier || $0.names.contains(identifier) }) else {
            throw EngineError(.notFound, "No such container: \(identifier)")
        }
        guard container.isStopped else {
            let first = container.state == "paused" ? "Unpause and then stop" : "Stop"
            throw EngineError(
                .conflict,
                "You cannot remove a \(container.state) container \(container.id). "
                    + "\(first) the container before attempting removal or force remove"
            )
        }
        containers.removeAll { $0.id == container.id }
        let attributes = ["image": container.imageName, "name": container.displayName]
        events.append(EngineEvent(time: time, kind: "container", action: "destroy", actor: container.id, attributes: attributes))
    }

    /// Removes a network without active endpoints; a stopped container's configuration does not hold it.
    mutating func removeNetwork(_ identifier: String) throws(EngineError) {
        guard let network = networks.first(where: { $0.id == identifier || $0.name == identifier }) else {
            throw EngineError(.notFound, "network \(identifier) not found")
        }
        if network.isPredefined {
            throw EngineError(.conflict, "\(network.name) is a pre-defined network and cannot be removed")
        }
        if containers.contains(where: { !$0.isStopped && $0.networks.contains(network.name) }) {
            throw EngineError(.conflict, "error while removing network: network \(network.name) id \(network.id) has active endpoints")
        }
        networks.removeAll { $0.id == network.id }
    }

    /// Removes a volume that no container mounts, in whatever state the container is.
    mutating func removeVolume(_ name: String) throws(EngineError) {
        guard volumes.contains(where: { $0.name == name }) else { throw EngineError(.notFound, "get \(name): no such volume") }
        let users = containers.filter { $0.volumes.contains(name) }.map(\.id)
        guard users.isEmpty else {
            throw EngineError(.conflict, "remove \(name): volume is in use - [\(users.joined(separator: ", "))]")
        }
        volumes.removeAll { $0.name == name }
    }

    /// Removes a record of the build cache; one that a build or another record needs stays, and no bytes are freed.
    mutating func removeBuildCache(_ identifier: String) -> ByteSize {
        guard let record = buildCache.first(where: { $0.id == identifier }), !record.isInUse,
            !buildCache.contains(where: { $0.parents.contains(identifier) })
        else { return .zero }
        buildCache.removeAll { $0.id == identifier }
        return record.size
    }

    private func conflict(of image: EngineImage) -> EngineError? {
        let start = "conflict: unable to delete \(image.id.short)"
        if images.contains(where: { $0.parent == image.id }) {
            return EngineError(.conflict, "\(start) (cannot be forced) - image has dependent child images")
        }
        if let container = containers.first(where: { $0.image == image.id && !$0.isStopped }) {
            return EngineError(
                .conflict,
                "\(start) (cannot be forced) - image is being used by running container \(container.id.prefix(12))"
            )
        }
        if let container = containers.first(where: { $0.image == image.id }) {
            return EngineError(
                .conflict,
                "\(start) (must be forced) - image is being used by stopped container \(container.id.prefix(12))"
            )
        }
        return nil
    }

    /// Says whether an image has at most one tag, and digests in that tag's repository only.
    private static func isSingleReference(_ image: EngineImage) -> Bool {
        let tags = image.references.count + image.unreadableReferences.count
        guard tags + image.repositoryDigests.count > 1 else { return true }
        let repositories = Set(image.repositoryDigests.map(\.name))
        return tags <= 1 && repositories.count == 1 && image.references.allSatisfy { repositories.contains($0.name) }
            && image.unreadableReferences.isEmpty
    }

    private mutating func delete(_ identifier: Digest, at time: Timestamp) {
        images.removeAll { $0.id == identifier }
        imageDetails.removeAll { $0.id == identifier }
        remember("delete", identifier, at: time)
    }

    /// The engine names the image by its ID in these events, the name included.
    private mutating func remember(_ action: String, _ identifier: Digest, at time: Timestamp) {
        let text = identifier.description
        events.append(EngineEvent(time: time, kind: "image", action: action, actor: text, attributes: ["name": text]))
    }
}

extension EngineImage {
    /// The same image with other names.
    func with(references: [ImageReference], repositoryDigests: [ImageReference]) -> EngineImage {
        EngineImage(
            id: id,
            parent: parent,
            references: references,
            unreadableReferences: unreadableReferences,
            repositoryDigests: repositoryDigests,
            created: created,
            size: size,
            sharedSize: sharedSize,
            labels: labels
        )
    }
}
