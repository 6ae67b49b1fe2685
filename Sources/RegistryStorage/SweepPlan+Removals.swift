extension SweepPlan {
    /// Calls the body with everything that goes, in the order in which it goes; `SweepPlanRestriction` relies on that order.
    package func forEachRemoval(_ body: (Removal) -> Void) {
        for repository in repositories { forEachRemoval(of: repository, body) }
        for name in emptyDirectories { body(removal(ofEmpty: name)) }
        for blob in blobs { body(removal(of: blob)) }
    }

    /// Calls the body with everything that goes from one repository.
    func forEachRemoval(of repository: Repository, _ body: (Removal) -> Void) {
        let name = repository.name
        for tag in repository.tags {
            let path = RegistryLayout.tag(tag.name, of: name)
            let target = tag.target.map { graph.table.key($0) }
            body(.init(kind: .tag, path: path, bytes: 0, reason: tag.reason, repository: name, target: target))
        }
        for entry in repository.entries {
            let path = RegistryLayout.tagEntry(entry.key, entry.tag, of: name)
            body(.init(kind: .tagEntry, path: path, bytes: 0, reason: .unneeded, repository: name))
        }
        let revisions = RegistryLayout.revisions(of: name)
        for link in repository.revisions {
            let path = RegistryLayout.link(graph.table.key(link.number), in: revisions)
            body(.init(kind: .revision, path: path, bytes: 0, reason: link.reason, repository: name))
        }
        let layers = RegistryLayout.layers(of: name)
        for link in repository.layers {
            let path = RegistryLayout.link(graph.table.key(link.number), in: layers)
            body(.init(kind: .layerLink, path: path, bytes: 0, reason: link.reason, repository: name))
        }
        for upload in repository.uploads {
            let path = RegistryLayout.upload(upload.name, of: name)
            let reason: Reason = repository.removesContents ? .asked : .stale
            body(.init(kind: .upload, path: path, bytes: upload.size, reason: reason, repository: name))
        }
        if repository.removesDirectory {
            let reason: Reason = repository.removesContents ? .asked : .empty
            body(.init(kind: .repository, path: RegistryLayout.repository(name), bytes: 0, reason: reason, repository: name))
        }
    }

    /// A directory in which no repository lies.
    func removal(ofEmpty name: EntryName) -> Removal {
        .init(kind: .repository, path: RegistryLayout.repository(name), bytes: 0, reason: .empty, repository: name)
    }

    /// A blob, or the directory that it left.
    func removal(of blob: Blob) -> Removal {
        let file = RegistryLayout.blob(key(of: blob))
        if blob.size < 0 { return .init(kind: .blob, path: file.parent, bytes: 0, reason: .remains, repository: nil) }
        return .init(kind: .blob, path: file, bytes: blob.size, reason: .unreferenced, repository: nil)
    }
}
