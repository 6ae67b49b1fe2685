public import OCI

/// The changes of an engine, each with the facts that must still hold.
extension PlannedChange {
    /// An image that goes with all its tags.
    public static func removing(_ image: EngineImage, subject: String) -> PlannedChange {
        let tags = image.references.map(\.description) + image.unreadableReferences
        return PlannedChange(.removeImage, image.id.description, subject: subject, state: ["tags": tags.sorted()])
    }

    /// A tag that goes, and the image that it is taken from.
    public static func untagging(_ reference: ImageReference, of image: Digest, subject: String) -> PlannedChange {
        PlannedChange(.untag, reference.description, subject: subject, state: ["image": [image.description]])
    }

    /// A container that goes; one that ran in between is another matter.
    public static func removing(_ container: EngineContainer, _ details: EngineContainerDetails?, subject: String) -> PlannedChange {
        PlannedChange(
            .removeContainer,
            container.id,
            subject: subject,
            state: ["state": [container.state], "last started": details?.started.map { [$0.description] } ?? []]
        )
    }

    /// A network that goes.
    public static func removing(_ network: EngineNetwork, subject: String) -> PlannedChange {
        PlannedChange(.removeNetwork, network.id, subject: subject, state: ["name": [network.name]])
    }

    /// A volume that goes; one that was made anew under the same name is another.
    public static func removing(_ volume: EngineVolume, subject: String) -> PlannedChange {
        PlannedChange(
            .removeVolume,
            volume.name,
            subject: subject,
            state: ["driver": [volume.driver], "created": volume.created.map { [$0.description] } ?? []]
        )
    }

    /// A record of the build cache that goes; one that a build used in between is of use.
    public static func removing(_ record: BuildCacheRecord, subject: String) -> PlannedChange {
        PlannedChange(
            .removeBuildCache,
            record.id,
            subject: subject,
            state: ["last used": record.lastUsed.map { [$0.description] } ?? []]
        )
    }
}
