import HookKit

/// What the evidence about many images is looked up in: the engine at one moment, and the ledger's knowledge of it.
struct EngineSnapshot: Sendable {
    /// The engine.
    let engine: EngineIdentity
    /// The moment.
    let now: Timestamp
    /// Every image, by ID.
    let images: [Digest: EngineImage]
    /// The image that each tag names.
    let holders: [ImageReference: Digest]
    /// The images that others have as parent, each with its children.
    let children: [Digest: [Digest]]
    /// The containers of each image, with the reference that each was created from where it was looked up, and those that mount it.
    let containers: [Digest: [(container: EngineContainer, configured: String?)]]
    /// What the engine remembers, oldest first.
    let engineEvents: [EngineEvent]
    /// The events of the engine and of the ledger about untagged images, by image, oldest first.
    let eventsByImage: [Digest: [EngineEvent]]
    /// The events that name a tag, by tag, oldest first.
    let eventsByTag: [ImageReference: [EngineEvent]]
    /// What the ledger knows of untagged images, oldest first.
    let generations: [Digest: [TagGeneration]]
    /// The newest generations of the tags that images have and that untagged images had, oldest first: two at least, and all since the loss.
    let tagGenerations: [ImageReference: [TagGeneration]]
    /// What inspection said of the images that needed it.
    let details: [Digest: EngineImageDetails]
}
