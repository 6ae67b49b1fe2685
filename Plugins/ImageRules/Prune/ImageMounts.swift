import HookKit

/// Which images containers mount, beside those that they are made of.
struct ImageMounts: Sendable {
    private let images: [EngineImage]
    private let formerNames: [Digest: [ImageReference]]
    /// What the ledger knows of the images, by tag.
    private let generations: [ImageReference: [TagGeneration]]

    /// Takes the images, and the names that they had by the ledger and the engine's events.
    init(_ world: PruneWorld) {
        images = world.images
        formerNames = world.formerNames
        generations = Dictionary(grouping: world.generations.values.joined(), by: \.reference)
    }

    /// Every image that a container may mount.
    ///
    /// The engine says what was typed, and looks up what that means at each start: a container that runs may have an image that had the name then,
    /// and that another image has now.
    func images(mountedBy container: EngineContainer) -> Set<Digest> {
        var mounted: Set<Digest> = []
        for typed in container.mountedImages {
            for image in images where typed.mayMean(image) { mounted.insert(image.id) }
            guard !container.isStopped else { continue }
            for (image, names) in formerNames where names.contains(where: typed.mayMean) { mounted.insert(image) }
            for (reference, known) in generations where typed.mayMean(reference) {
                for generation in known where !Self.wasOver(generation, before: container.created, known) {
                    mounted.insert(generation.image)
                }
            }
        }
        return mounted
    }

    /// Says whether another image was seen with the tag after this one, and before a moment.
    private static func wasOver(_ generation: TagGeneration, before moment: Timestamp, _ known: [TagGeneration]) -> Bool {
        known.contains { $0.image != generation.image && $0.firstSeen > generation.lastSeen && $0.firstSeen <= moment }
    }
}

extension EngineContainer {
    /// The container as what holds something is spoken of.
    var asHolder: String {
        isExternal ? "container '\(displayName)' of a build or another program" : "\(state) container '\(displayName)'"
    }
}
