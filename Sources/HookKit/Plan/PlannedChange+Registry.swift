public import OCI

/// The changes of a registry, by its API and in its directory.
extension PlannedChange {
    /// A tag of a registry that goes.
    public static func deleting(tag: String, naming digest: Digest, of repository: String, in registry: String) -> PlannedChange {
        let name = "\(registry)/\(repository):\(tag)"
        return PlannedChange(.deleteTag, name, subject: name, state: ["digest": [digest.description]])
    }

    /// A manifest of a registry that goes, with every tag that names it.
    public static func deleting(
        manifest: Digest,
        tags: [String],
        of repository: String,
        in registry: String,
        subject: String
    ) -> PlannedChange {
        PlannedChange(
            .deleteManifest,
            "\(registry)/\(repository)@\(manifest)",
            subject: subject,
            state: ["tags": tags.sorted()]
        )
    }
}

extension RegistryStoreReport.Removal {
    /// What a plan says of it; `subject` is what the finding is about.
    public func change(subject: String) -> PlannedChange {
        var state: [String: [String]] = [:]
        if let digest { state["digest"] = [digest.description] }
        if bytes > .zero { state["bytes"] = [String(bytes.bytes)] }
        return PlannedChange(.remove(stored: kind), path, subject: subject, state: state)
    }
}
