/// Finds out whether any run in the trash holds a repository's link to something; the trash is listed when it is first asked.
final class TrashedLinkFinder {
    private let root: StorageRoot
    private var trash: TrashedLinks?
    private var links: [EntryName: TrashedRepositories.Links] = [:]

    init(root: StorageRoot) {
        self.root = root
    }

    /// Says whether a run holds a link of the repository to a manifest or to a layer, as far as it was there when the repository was first asked
    /// about.
    func holds(_ key: BlobKey, of name: EntryName) throws(Errno) -> Bool {
        let links = try links(of: name)
        return links.revisions[key] != nil || links.layers[key] != nil
    }

    private func links(of name: EntryName) throws(Errno) -> TrashedRepositories.Links {
        if let known = links[name] { return known }
        let trash = if let trash { trash } else { try TrashedLinks(root: root) }
        self.trash = trash
        let found = try trash.links(of: name, trash.runs(with: name) ?? [])
        links[name] = found
        return found
    }
}
