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
    /// Its containers by image.
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
        self.containers = Dictionary(grouping: containers, by: \.image)
        self.events = events
    }
}
