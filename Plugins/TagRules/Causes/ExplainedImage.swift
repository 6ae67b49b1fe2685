package import HookKit

/// An image with everything that tells why it is what it is: the answer of `hook explain`.
package struct ExplainedImage: Sendable {
    /// Something that happened to the image, or was seen of it.
    package struct Moment: Hashable, Sendable {
        /// When.
        package let time: Timestamp
        /// What, in a sentence without its full stop.
        package let text: String
    }

    /// The engine.
    package let engine: EngineIdentity
    /// The image.
    package let image: EngineImage
    /// Why it is `<none>`; `nil` for an image that has a name.
    package let explanation: UntaggedExplanation?
    /// What is known to have happened, oldest first.
    package let moments: [Moment]
    /// The containers that hold it.
    package let containers: [EngineContainer]
    /// The images that have it as parent.
    package let children: [EngineImage]
    /// The bytes that only this image holds, where the engine said it.
    package let ownSize: ByteSize?
    /// What the ledger knows of its names, oldest first.
    package let generations: [TagGeneration]

    /// The commands that remove it, in order; none where other images are made from it.
    package var removal: [String] {
        guard children.isEmpty else { return [] }
        let holders = containers.map { container in
            // The Docker-compatible API does not know it; while its build runs, Podman refuses.
            if container.isExternal { return "podman --url \(ShellWord.quoted(engine.endpoint)) rm \(container.shortID)" }
            // By its ID: another engine may have a container of the name.
            let removal = "\(engine.docker) rm \(container.shortID)"
            return container.isStopped ? removal : "\(engine.docker) stop \(container.shortID); \(removal)"
        }
        let names = image.references.isEmpty ? [image.id.short] : image.references.map(\.description)
        return holders + ["\(engine.docker) rmi \(names.joined(separator: " "))"]
    }
}
