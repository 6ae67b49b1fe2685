/// What a run took out of one repository.
///
/// The links are listed at once; tags, what tags remember and uploads when they are asked for.
struct TrashedRepository {
    /// A link in the trash, and the digest that it is about.
    typealias Link = (key: BlobKey, path: EntryName)
    /// A tag with its path and what it names; `nil` where its link is missing or says nothing.
    typealias Tag = (name: EntryName, path: EntryName, target: BlobKey?)

    private let name: EntryName
    private let top: EntryName
    private let root: StorageRoot
    /// The layer links.
    private(set) var layers: [Link] = []
    /// All of `_layers`, where the repository went; its links are among the layers.
    private(set) var allLayers: EntryName?
    /// The links of manifests.
    private(set) var revisions: [Link] = []
    /// All of `_manifests`, where the repository went; its links are among the revisions, its tags among the tags.
    private(set) var allManifests: EntryName?

    /// Lists the links that are there, `top` being the run's directory.
    init(_ name: EntryName, beneath top: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) {
        self.name = name
        self.top = top
        self.root = root
        for key in try Self.keys(in: top.appending(RegistryLayout.layers(of: name)), .file, root, scratch) {
            layers.append((key, top.appending(RegistryLayout.trashed(layer: key, of: name))))
        }
        let wholeLayers = top.appending(RegistryLayout.trashedLayers(of: name))
        if try root.kind(of: wholeLayers, scratch.path) == .directory {
            allLayers = wholeLayers
            for key in try Self.keys(in: RegistryLayout.collected(beneath: wholeLayers), .directory, root, scratch) {
                let path = top.appending(RegistryLayout.trashedWhole(layer: key, of: name))
                // A directory that lost its link is nothing.
                if try root.kind(of: path, scratch.path) == .file { layers.append((key, path)) }
            }
        }
        for key in try Self.keys(in: top.appending(RegistryLayout.revisions(of: name)), .file, root, scratch) {
            revisions.append((key, top.appending(RegistryLayout.trashed(revision: key, of: name))))
        }
        let wholeManifests = top.appending(RegistryLayout.trashedManifests(of: name))
        if try root.kind(of: wholeManifests, scratch.path) == .directory {
            allManifests = wholeManifests
            for key in try Self.keys(in: RegistryLayout.revisions(beneath: wholeManifests), .directory, root, scratch) {
                let path = top.appending(RegistryLayout.trashedWhole(revision: key, of: name))
                if try root.kind(of: path, scratch.path) == .file { revisions.append((key, path)) }
            }
        }
    }

    /// Reads the tags.
    func tags(_ scratch: WalkerScratch) throws(Errno) -> [Tag] {
        var tags: [Tag] = []
        let own = top.appending(RegistryLayout.tags(of: name))
        for directory in [own] + (allManifests.map { [RegistryLayout.tags(beneath: $0)] } ?? []) {
            for tag in try root.entries(of: directory).sorted() {
                let path = directory.appending(tag)
                tags.append((tag, path, try Self.target(ofTag: path, root, scratch)))
            }
        }
        return tags
    }

    /// Lists what tags remember: the digests by the tag.
    func entries() throws(Errno) -> [(tag: EntryName, path: EntryName, digests: [EntryName])] {
        var entries: [(tag: EntryName, path: EntryName, digests: [EntryName])] = []
        let memory = top.appending(RegistryLayout.trashedEntries(of: name))
        for tag in try root.entries(of: memory).sorted() {
            entries.append((tag, memory.appending(tag), try root.entries(of: memory.appending(tag)).sorted()))
        }
        return entries
    }

    /// Lists the uploads, each with its path.
    func uploads() throws(Errno) -> [(name: EntryName, path: EntryName)] {
        try root.entries(of: top.appending(RegistryLayout.uploads(of: name))).sorted().map {
            ($0, top.appending(RegistryLayout.upload($0, of: name)))
        }
    }

    /// What the tag at a path names, in the trash or in its place; `nil` where its link is missing, no file or says nothing, or it is no directory.
    static func target(ofTag path: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) -> BlobKey? {
        do throws(Errno) {
            let link = RegistryLayout.currentLink(beneath: path)
            return BlobKey(text: try scratch.readLink(root.calls, scratch.path.path(link), in: root.number))
        } catch  where error == .noSuchFile || error == .notADirectory || error == .symbolicLink {
            return nil
        }
    }

    /// The digests in a directory that are entries of a kind; none where it is not there.
    private static func keys(
        in path: EntryName,
        _ kind: FileStatus.Kind,
        _ root: StorageRoot,
        _ scratch: WalkerScratch
    ) throws(Errno) -> [BlobKey] {
        var keys: [BlobKey] = []
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
            try root.calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                if entry.kind == kind, let key = BlobKey(hex: entry.bytes) { keys.append(key) }
            }
        } catch  where error == .noSuchFile {
            return []
        }
        return keys.sorted()
    }
}
