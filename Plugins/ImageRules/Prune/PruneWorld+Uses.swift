import HookKit

/// When things were of use, and what they were called.
extension PruneWorld {
    /// The latest sign of use; `nil` where there is none, since a creation date that a reproducible build made up is no age.
    func lastUse(of image: EngineImage) -> Timestamp? {
        [credibleCreation(of: image), lastUses[image.id]].compactMap(\.self).max()
    }

    /// When an image says that it was made, where that can be.
    func credibleCreation(of image: EngineImage) -> Timestamp? {
        image.created > Self.earliest ? image.created : nil
    }

    /// When an image was made, or came here or got a tag where that was later; what containers do with it makes it no newer.
    func newness(of image: EngineImage) -> Timestamp {
        [credibleCreation(of: image), arrivals[image.id]].compactMap(\.self).max()
            ?? (generations[image.id] ?? []).map(\.firstSeen).max() ?? image.created
    }

    /// The latest sign of use; `nil` where it is not known when the volume was made.
    func lastUse(of volume: EngineVolume) -> Timestamp? {
        volume.created.map { max($0, volumeUses[volume.name] ?? $0) }
    }

    /// When a container stopped, or was made where it never ran.
    func stopTime(of container: EngineContainer) -> Timestamp {
        let details = containerDetails[container.id]
        return [container.created, details?.started, details?.finished].compactMap(\.self).max() ?? container.created
    }

    /// The tags that an image has or had by the ledger, oldest first.
    func tags(of image: Digest) -> [ImageReference] { (generations[image] ?? []).map(\.reference) }
}
