import Glibc

/// The paths of a registry's storage directory.
///
/// No other file spells one.
///
///     docker/registry/v2/                                   the root of the store; what follows is relative to it
///     ├── blobs/<algorithm>/<2 hex>/<hex>/data              every blob once: manifests, configs, layers
///     ├── repositories/<name>/                              names nest: `a/b/c` may lie beside `a/b`
///     │   ├── _manifests/
///     │   │   ├── revisions/<algorithm>/<hex>/link          a manifest that the repository has
///     │   │   └── tags/<tag>/
///     │   │       ├── current/link                          the manifest that the tag names
///     │   │       └── index/<algorithm>/<hex>/link          every manifest that the tag ever named
///     │   ├── _layers/<algorithm>/<hex>/link                a blob that the repository may serve
///     │   └── _uploads/<uuid>/{data,startedat,hashstates/}  an upload that has not ended
///     └── _hook/                                            hook's own; a registry never looks here
///         ├── lock                                          held by the one collector that runs
///         ├── asked/<hex>                                   the file `data` of a blob, while a registry is asked whether it remembers it
///         ├── reserve/<number>/                             empty directories, for the trash of a run on a full disk
///         └── trash/<run>/                                  what a run took out, until its period is over
///             ├── blobs/<algorithm>/<2 hex>/<hex>           the file `data`
///             ├── damaged/<hex>                             the file `data` of a blob that a repair took out; nothing puts it back
///             └── repositories/<name>/
///                 ├── _manifests/revisions/<algorithm>/<hex>     the file `link`
///                 ├── _manifests/tags/<tag>/                     the whole directory
///                 ├── _manifests/entries/<tag>/<hex>             the file `link` of a tag's index
///                 ├── _manifests.whole/                          all of `_manifests`, where the repository went
///                 ├── _layers/<algorithm>/<hex>                  the file `link`
///                 ├── _layers.whole/                             all of `_layers`, where the repository went
///                 └── _uploads/<uuid>/                           the whole directory
///
/// Source of the registry's part: distribution, `registry/storage/paths.go`.
package enum RegistryLayout {
    /// The store beneath the directory that a registry is configured with.
    package static let version = EntryName("docker/registry/v2")
    /// The directory of blobs, with the only algorithm that is collected.
    package static let blobs = EntryName("blobs/sha256")
    /// The directory of blobs of all algorithms.
    package static let allBlobs = EntryName("blobs")
    /// The directory of repositories.
    package static let repositories = EntryName("repositories")
    /// hook's own directory.
    package static let own = EntryName("_hook")
    /// The lock.
    package static let lock = EntryName("_hook/lock")
    /// The reserve of directories.
    package static let reserve = EntryName("_hook/reserve")
    /// What a registry is asked about.
    static let asked = EntryName("_hook/asked")
    /// The trash.
    package static let trash = EntryName("_hook/trash")

    /// A repository's directory of manifests.
    static let manifests: StaticString = "_manifests"
    /// A repository's directory of revisions.
    static let revisions: StaticString = "_manifests/revisions"
    /// A repository's directory of tags.
    static let tags: StaticString = "_manifests/tags"
    /// A repository's directory of layer links.
    static let layers: StaticString = "_layers"
    /// A repository's directory of uploads.
    static let uploads: StaticString = "_uploads"
    /// The directory of links by the only algorithm that is collected.
    static let algorithm: StaticString = "sha256"
    /// The name of a link.
    static let link: StaticString = "link"
    /// The name of a blob's file.
    static let data: StaticString = "data"
    /// The name of the file that says when an upload began.
    static let startedAt: StaticString = "startedat"
    /// The tag's directory of manifests that it named.
    static let index: StaticString = "index"
    /// The tag's directory of the manifest that it names.
    static let current: StaticString = "current"

    /// Says whether an entry of a repository's directory is the registry's own and not a part of a longer name.
    static func isInternal(_ entry: DirectoryEntry) -> Bool { entry.name[0] == 0x5f }

    /// Says whether the name of an entry of a repository's directory is the registry's own, in its place or in the trash, and no part of a longer
    /// name.
    static func isInternal(_ name: EntryName) -> Bool { name.bytes.first == 0x5f }

    /// Says whether the name of a directory of links is that of the only algorithm that is collected.
    static func isCollected(algorithm name: EntryName) -> Bool { name == EntryName("sha256") }
}

extension RegistryLayout {
    /// `blobs/sha256/<2 hex>`.
    static func blobDirectory(_ prefix: UInt8) -> EntryName { blobs.appending(EntryName(hexOf: prefix)) }

    /// `blobs/sha256/<2 hex>/<hex>/data`.
    package static func blob(_ key: BlobKey) -> EntryName {
        blobDirectory(key.prefix).appending(hexOf: key, "/data")
    }

    /// `repositories/<name>`.
    package static func repository(_ name: EntryName) -> EntryName { repositories.appending(name) }

    /// `repositories/<name>/_manifests`.
    package static func manifests(of name: EntryName) -> EntryName { repository(name).appending(EntryName("_manifests")) }

    /// `repositories/<name>/_manifests/revisions`.
    static func allRevisions(of name: EntryName) -> EntryName { allRevisions(beneath: manifests(of: name)) }

    /// `repositories/<name>/_manifests/revisions/sha256`.
    package static func revisions(of name: EntryName) -> EntryName { revisions(beneath: manifests(of: name)) }

    /// `repositories/<name>/_manifests/revisions/sha256/<hex>/link`.
    package static func revision(_ key: BlobKey, of name: EntryName) -> EntryName {
        link(key, in: revisions(of: name))
    }

    /// `repositories/<name>/_manifests/revisions/sha256/<hex>/signatures/sha256`, where registries before 2.6 linked the signatures of schema 1.
    package static func signatures(of key: BlobKey, in name: EntryName) -> EntryName {
        collected(beneath: revision(key, of: name).parent.appending(EntryName("signatures")))
    }

    /// `<hex>/link`, beneath a directory of links.
    static func link(_ key: BlobKey, in directory: EntryName) -> EntryName { directory.appending(hexOf: key, "/link") }

    /// `link`, beneath the directory of one digest, whatever its name.
    static func link(beneath directory: EntryName) -> EntryName { directory.appending(EntryName("link")) }

    /// `link.hook`, beside a link that is written: renamed to it when it is whole.
    static func draft(ofLink path: EntryName) -> EntryName { path.parent.appending(EntryName("link.hook")) }

    /// `sha256`, beneath a directory that has one for each algorithm.
    static func collected(beneath directory: EntryName) -> EntryName { directory.appending(EntryName("sha256")) }

    /// `data`, beneath the directory of one blob, whatever its name.
    static func data(beneath directory: EntryName) -> EntryName { directory.appending(EntryName("data")) }

    /// `repositories/<name>/_manifests/tags`.
    package static func tags(of name: EntryName) -> EntryName { manifests(of: name).appending(EntryName("tags")) }

    /// `repositories/<name>/_manifests/tags/<tag>`.
    package static func tag(_ tag: EntryName, of name: EntryName) -> EntryName { tags(of: name).appending(tag) }

    /// `repositories/<name>/_manifests/tags/<tag>/current/link`.
    package static func tagLink(_ tag: EntryName, of name: EntryName) -> EntryName {
        currentLink(beneath: self.tag(tag, of: name))
    }

    /// `current/link`, beneath a tag's directory, in its place or in the trash.
    static func currentLink(beneath tag: EntryName) -> EntryName { tag.appending(EntryName("current/link")) }

    /// `repositories/<name>/_manifests/tags/<tag>/index/sha256`.
    package static func tagIndex(_ tag: EntryName, of name: EntryName) -> EntryName {
        self.tag(tag, of: name).appending(EntryName("index/sha256"))
    }

    /// `index`, beneath a tag's directory.
    static func allIndexed(beneath tag: EntryName) -> EntryName { tag.appending(EntryName("index")) }

    /// `repositories/<name>/_manifests/tags/<tag>/index/sha256/<hex>/link`.
    package static func tagEntry(_ key: BlobKey, _ tag: EntryName, of name: EntryName) -> EntryName {
        link(key, in: tagIndex(tag, of: name))
    }

    /// `repositories/<name>/_layers`.
    package static func allLayers(of name: EntryName) -> EntryName { repository(name).appending(EntryName("_layers")) }

    /// `repositories/<name>/_layers/sha256`.
    package static func layers(of name: EntryName) -> EntryName { collected(beneath: allLayers(of: name)) }

    /// `repositories/<name>/_layers/sha256/<hex>/link`.
    package static func layer(_ key: BlobKey, of name: EntryName) -> EntryName {
        link(key, in: layers(of: name))
    }

    /// `repositories/<name>/_uploads`.
    package static func uploads(of name: EntryName) -> EntryName { repository(name).appending(EntryName("_uploads")) }

    /// `repositories/<name>/_uploads/<uuid>`.
    package static func upload(_ upload: EntryName, of name: EntryName) -> EntryName { uploads(of: name).appending(upload) }

    /// `data` and `startedat` of an upload.
    static func uploadFiles(_ upload: EntryName, of name: EntryName) -> [EntryName] {
        [EntryName("data"), EntryName("startedat")].map { self.upload(upload, of: name).appending($0) }
    }

    /// `revisions`, beneath a repository's directory of manifests, in its place or in the trash.
    static func allRevisions(beneath manifests: EntryName) -> EntryName { manifests.appending(EntryName("revisions")) }

    /// `revisions/sha256`, beneath a repository's directory of manifests, in its place or in the trash.
    static func revisions(beneath manifests: EntryName) -> EntryName { collected(beneath: allRevisions(beneath: manifests)) }

    /// `tags`, beneath a repository's directory of manifests, in its place or in the trash.
    static func tags(beneath manifests: EntryName) -> EntryName { manifests.appending(EntryName("tags")) }

    /// Which files in a directory of the trash count as bytes that the disk gets back.
    enum Content {
        /// None: they are links, or what belongs to an upload beside its data.
        case none
        /// All: they are blobs.
        case blobs
        /// The data of an upload.
        case uploadData

        /// Says whether a file of that name counts.
        func counts(_ name: some Collection<UInt8>) -> Bool {
            switch self {
            case .none: false
            case .blobs: true
            case .uploadData: name.elementsEqual("data".utf8)
            }
        }
    }

    /// Which files in a directory of the trash count: the same that count when they are moved there.
    static func content(of directory: EntryName) -> Content {
        let parts = String(decoding: directory.bytes, as: UTF8.self).split(separator: "/")
        if parts.count > 3, parts[3] == "blobs" || parts[3] == "damaged" { return .blobs }
        return parts.count > 1 && parts[parts.count - 2] == "_uploads" ? .uploadData : .none
    }

    /// `_hook/trash/<run>/damaged/<hex>`: a blob whose content is not what its digest names.
    static func damaged(_ key: BlobKey, in run: EntryName) -> EntryName {
        trash(of: run).appending(EntryName("damaged")).appending(hexOf: key)
    }

    /// `_hook/asked/<hex>`.
    static func asked(_ key: BlobKey) -> EntryName { asked.appending(hexOf: key) }

    /// `_hook/trash/<run>`.
    package static func trash(of run: EntryName) -> EntryName { trash.appending(run) }
}

extension RegistryLayout {
    /// The place of a path in a run's trash: what the tree above draws.
    ///
    /// A file that is alone in its directory (`data`, `link`) takes the directory's place, so that a removal is one rename and no `mkdir`.
    static func trashed(blob key: BlobKey) -> EntryName { blobDirectory(key.prefix).appending(hexOf: key) }

    static func trashed(revision key: BlobKey, of name: EntryName) -> EntryName {
        revisions(of: name).appending(hexOf: key)
    }

    static func trashed(layer key: BlobKey, of name: EntryName) -> EntryName { layers(of: name).appending(hexOf: key) }

    static func trashedEntries(of name: EntryName) -> EntryName { manifests(of: name).appending(EntryName("entries")) }

    /// A layer's link in a repository whose layer links went at once: `_layers.whole/<algorithm>/<hex>/link`.
    static func trashedWhole(layer key: BlobKey, of name: EntryName) -> EntryName {
        link(key, in: collected(beneath: trashedLayers(of: name)))
    }

    /// A manifest's link in a repository whose manifests went at once: `_manifests.whole/revisions/<algorithm>/<hex>/link`.
    static func trashedWhole(revision key: BlobKey, of name: EntryName) -> EntryName {
        link(key, in: revisions(beneath: trashedManifests(of: name)))
    }

    static func trashedManifests(of name: EntryName) -> EntryName { repository(name).appending(EntryName("_manifests.whole")) }

    static func trashedLayers(of name: EntryName) -> EntryName { repository(name).appending(EntryName("_layers.whole")) }
}

extension RegistryLayout {
    /// What a path in a repository is about.
    struct Place: Hashable, Sendable {
        /// The repository.
        let repository: EntryName
        /// The tag, where the path is that of a tag's own directory.
        let tag: EntryName?

        /// The place of a path; `nil` where it lies in no repository.
        init?(of path: EntryName) {
            let text = String(decoding: path.bytes, as: UTF8.self)
            let top = "\(RegistryLayout.repositories)/"
            guard text.hasPrefix(top) else { return nil }
            let rest = text.dropFirst(top.count)
            guard let inner = rest.firstRange(of: "/_") else {
                (repository, tag) = (EntryName(String(rest)), nil)
                return
            }
            repository = EntryName(String(rest[..<inner.lowerBound]))
            let last = path.lastComponent
            tag = RegistryLayout.tag(last, of: repository) == path ? last : nil
        }
    }

    /// Says whether a path is that of a file, of which there are links and blobs, and not of a directory.
    static func isFile(_ path: EntryName) -> Bool { isLink(path) || path.lastComponent == EntryName("data") }

    /// Says whether a path is that of a link.
    static func isLink(_ path: EntryName) -> Bool { path.lastComponent == EntryName("link") }
}

extension BlobKey {
    /// The digest in `blobs/sha256/<2 hex>/<hex>/data`; `nil` for another path.
    init?(ofBlob path: EntryName) {
        let directory = path.parent.bytes
        guard let slash = directory.lastIndex(of: 0x2f),
            let key = Array(directory[(slash + 1)...]).withUnsafeBytes({ BlobKey(hex: $0) }), RegistryLayout.blob(key) == path
        else { return nil }
        self = key
    }

    /// The last digest in a path, as people see it or not; `nil` where there is none.
    init?(namedBy path: String) {
        for part in path.split(separator: "/").reversed() {
            if let key = Array(part.utf8).withUnsafeBytes({ BlobKey(hex: $0) }) {
                self = key
                return
            }
        }
        return nil
    }
}

extension EntryName {
    /// A byte as two digits: the name of a directory of blobs.
    init(hexOf prefix: UInt8) {
        let digit = { (value: UInt8) in value < 10 ? 0x30 + value : 0x57 + value }
        self.init(bytes: [digit(prefix >> 4), digit(prefix & 15)])
    }

    /// `<hex>` beneath this directory, and what follows it.
    fileprivate func appending(hexOf key: BlobKey, _ rest: StaticString = "") -> EntryName {
        let start = bytes.count + 1
        let count = start + BlobKey.hexCount + rest.utf8CodeUnitCount
        return EntryName(
            bytes: [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                guard let base = buffer.baseAddress else { return }
                // The four parts fill exactly the room that was asked for.
                bytes.withUnsafeBufferPointer { if let source = $0.baseAddress { memcpy(base, source, $0.count) } }
                base[start - 1] = 0x2f
                key.writeHex(to: UnsafeMutableRawPointer(base + start).assumingMemoryBound(to: CChar.self))
                memcpy(base + start + BlobKey.hexCount, rest.utf8Start, rest.utf8CodeUnitCount)
                initialized = count
            }
        )
    }
}

extension PathBuffer {
    /// `<hex>/data`, beneath a directory of blobs.
    @inline(__always)
    func blobFile(_ key: BlobKey) -> UnsafePointer<CChar> { begin().add(hexOf: key).add("/data").pointer }

    /// `blobs/sha256/<2 hex>/<hex>/data`.
    func fullBlobFile(_ key: BlobKey) -> UnsafePointer<CChar> {
        begin().add(RegistryLayout.blobs).add("/").add(hexOf: key.prefix).add("/").add(hexOf: key).add("/data").pointer
    }

    /// `<hex>/link`, beneath a directory of links.
    @inline(__always)
    func linkFile(_ key: BlobKey) -> UnsafePointer<CChar> { begin().add(hexOf: key).add("/link").pointer }

    /// `<hex>`.
    @inline(__always)
    func hexDirectory(_ key: BlobKey) -> UnsafePointer<CChar> { begin().add(hexOf: key).pointer }

    /// `<tag>/current/link`, beneath a directory of tags.
    @inline(__always)
    func currentLink(_ entry: DirectoryEntry) -> UnsafePointer<CChar> { begin().add(entry.bytes).add("/current/link").pointer }

    /// `<tag>/index/sha256`, beneath a directory of tags.
    @inline(__always)
    func tagIndexDirectory(_ entry: DirectoryEntry) -> UnsafePointer<CChar> { begin().add(entry.bytes).add("/index/sha256").pointer }

    /// `<tag>/index/sha256`, beneath a directory of tags.
    func tagIndexDirectory(_ tag: EntryName) -> UnsafePointer<CChar> { begin().add(tag).add("/index/sha256").pointer }

    /// `<tag>/index/sha256/<hex>`, beneath a directory of tags.
    @inline(__always)
    func tagEntryDirectory(_ key: BlobKey, _ tag: EntryName) -> UnsafePointer<CChar> {
        begin().add(tag).add("/index/sha256/").add(hexOf: key).pointer
    }

    /// `<tag>/index/sha256/<hex>/link`, beneath a directory of tags.
    @inline(__always)
    func tagEntryLink(_ key: BlobKey, _ tag: EntryName) -> UnsafePointer<CChar> {
        begin().add(tag).add("/index/sha256/").add(hexOf: key).add("/link").pointer
    }

    /// The whole of a relative path.
    func path(_ name: EntryName) -> UnsafePointer<CChar> { begin().add(name).pointer }
}
