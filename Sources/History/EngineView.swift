package import HookKit
package import OCI

/// What an engine that was asked says of the present.
package struct EngineView: Hashable, Sendable {
    /// Which engine it is.
    package let identity: EngineIdentity
    /// Its images by ID.
    package let images: [Digest: EngineImage]
    /// The image that each tag names.
    package let holders: [ImageReference: Digest]
    /// Its containers by image: those that were made from it, then those that mount it.
    package let containers: [Digest: [EngineContainer]]
    /// The events that it remembers, oldest first.
    package let events: [EngineEvent]

    /// Describes what the engine says.
    package init(identity: EngineIdentity, images: [EngineImage], containers: [EngineContainer], events: [EngineEvent]) {
        self.identity = identity
        self.images = Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
        holders = images.reduce(into: [:]) { holders, image in
            for reference in image.references { holders[reference] = image.id }
        }
        var held = Dictionary(grouping: containers, by: \.image)
        for container in containers where !container.imageMounts.isEmpty {
            let typed = container.mountedImages
            for image in images where image.id != container.image && typed.contains(where: { $0.mayMean(image) }) {
                held[image.id, default: []].append(container)
            }
        }
        self.containers = held
        self.events = events
    }
}
