/// What a run took out of one repository.
struct TrashedRepository {
    /// A link or a directory in the trash, and the digest that it is about.
    typealias Link = (key: BlobKey, path: EntryName)

    /// The layer links.
    private(set) var layers: [Link] = []
    /// All of `_layers`, where the repository went; its links are among the layers.
    private(set) var allLayers: EntryName?
    /// The links of manifests.
    private(set) var revisions: [Link] = []
    /// All of `_manifests`, where the repository went; its links are among the revisions, its tags among the tags.
    private(set) var allManifests: EntryName?
    /// The tags, each with its path and what it names; `nil` where its link is missing or says nothing.
    private(set) var tags: [(name: EntryName, path: EntryName, target: BlobKey?)] = []
    /// What tags remember: the digests by the tag.
    private(set) var entries: [(tag: EntryName, path: EntryName, digests: [EntryName])] = []
    /// The uploads, each with its path.
    private(set) var uploads: [(name: EntryName, path: EntryName)] = []

    /// Lists what is there, `top` being the run's directory.
    init(_ name: EntryName, beneath top: EntryName, _ root: StorageRoot) throws(Errno) {
        let scratch = WalkerScratch()
        for key in try Self.keys(in: top.appending(RegistryLayout.layers(of: name)), root) {
            layers.append((key, top.appending(RegistryLayout.trashed(layer: key, of: name))))
        }
        let wholeLayers = top.appending(RegistryLayout.trashedLayers(of: name))
        if try Self.isThere(wholeLayers, .directory, root, scratch.path) {
            allLayers = wholeLayers
            for key in try Self.keys(in: RegistryLayout.collected(beneath: wholeLayers), root) {
                let path = top.appending(RegistryLayout.trashedWhole(layer: key, of: name))
                if try Self.isThere(path, .file, root, scratch.path) { layers.append((key, path)) }
            }
        }
        for key in try Self.keys(in: top.appending(RegistryLayout.revisions(of: name)), root) {
            revisions.append((key, top.appending(RegistryLayout.trashed(revision: key, of: name))))
        }
        var tagDirectories = [top.appending(RegistryLayout.tags(of: name))]
        let wholeManifests = top.appending(RegistryLayout.trashedManifests(of: name))
        if try Self.isThere(wholeManifests, .directory, root, scratch.path) {
            allManifests = wholeManifests
            for key in try Self.keys(in: RegistryLayout.revisions(beneath: wholeManifests), root) {
                let path = top.appending(RegistryLayout.trashedWhole(revision: key, of: name))
                // A directory that lost its link is nothing.
                if try Self.isThere(path, .file, root, scratch.path) { revisions.append((key, path)) }
            }
            tagDirectories.append(RegistryLayout.tags(beneath: wholeManifests))
        }
        for directory in tagDirectories {
            for tag in try root.entries(of: directory).sorted() {
                let path = directory.appending(tag)
                tags.append((tag, path, try Self.target(ofTag: path, root, scratch)))
            }
        }
        let memory = top.appending(RegistryLayout.trashedEntries(of: name))
        for tag in try root.entries(of: memory).sorted() {
            entries.append((tag, memory.appending(tag), try root.entries(of: memory.appending(tag)).sorted()))
        }
        for upload in try root.entries(of: top.appending(RegistryLayout.uploads(of: name))).sorted() {
            uploads.append((upload, top.appending(RegistryLayout.upload(upload, of: name))))
        }
    }

    /// What the tag at a path names, in the trash or in its place; `nil` where its link is missing or says nothing.
    static func target(ofTag path: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) -> BlobKey? {
        let link = RegistryLayout.currentLink(beneath: path)
        do throws(Errno) {
            return BlobKey(text: try scratch.readLink(root.calls, scratch.path.path(link), in: root.number))
        } catch  where error == .noSuchFile {
            return nil
        }
    }

    private static func keys(in directory: EntryName, _ root: StorageRoot) throws(Errno) -> [BlobKey] {
        try root.entries(of: directory).compactMap { $0.bytes.withUnsafeBytes { BlobKey(hex: $0) } }.sorted()
    }

    private static func isThere(
        _ path: EntryName,
        _ kind: FileStatus.Kind,
        _ root: StorageRoot,
        _ buffer: PathBuffer
    ) throws(Errno) -> Bool {
        do throws(Errno) {
            return try root.calls.status(buffer.path(path), in: root.number).kind == kind
        } catch  where error == .noSuchFile {
            return false
        }
    }
}
