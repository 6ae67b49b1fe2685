import Glibc
package import RegistryStorage

/// Writes a registry's storage directory by hand: blobs, manifests, links, as a registry would write them, or damaged.
package final class StoreBuilder {
    /// A blob with its length, as a manifest names it.
    package struct Part: Hashable, Sendable {
        /// The blob's digest.
        package let key: BlobKey
        /// The blob's length.
        package let size: Int

        package init(key: BlobKey, size: Int) {
            self.key = key
            self.size = size
        }
    }

    /// The directory that a registry is configured with.
    package let path: String
    private let base: String

    /// Makes an empty store.
    package init(path: String) {
        self.path = path
        base = path + "/" + RegistryLayout.version.description
        makeDirectory(base + "/" + RegistryLayout.repositories.description)
        makeDirectory(base + "/" + RegistryLayout.blobs.description)
    }

    /// Writes files beneath a directory that is no store.
    init(scratch path: String) {
        self.path = path
        base = path
        makeDirectory(path)
    }

    /// The full path of a path in the store.
    package func full(_ relative: EntryName) -> String { base + "/" + String(decoding: relative.bytes, as: UTF8.self) }

    // MARK: Files

    /// Writes a file with the directories above it.
    package func write(_ relative: EntryName, _ bytes: [UInt8]) {
        writeFile(full(relative), bytes)
    }

    /// Writes a file with the directories above it.
    func writeFile(_ path: String, _ bytes: [UInt8]) {
        var file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if file < 0 {
            makeDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
            file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        precondition(file >= 0, "a fixture's file cannot be made: \(path)")
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            precondition(count > 0, "a fixture's file cannot be written: \(path)")
            done += count
        }
        close(file)
    }

    /// Makes a directory with those above it.
    package func makeDirectory(_ path: String) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            makeDirectory(String(path[..<slash]))
            mkdir(path, 0o755)
        }
    }

    /// Sets when a file or directory was last written, in nanoseconds since 1970.
    package func setModified(_ relative: EntryName, _ time: Int64) {
        let moment = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        let result = utimensat(AT_FDCWD, full(relative), [moment, moment], AT_SYMLINK_NOFOLLOW)
        precondition(result == 0, "a fixture's time cannot be set: \(relative)")
    }

    /// Removes a file.
    package func remove(_ relative: EntryName) {
        let result = unlink(full(relative))
        precondition(result == 0, "a fixture's file cannot be removed: \(relative)")
    }

    // MARK: Blobs and links

    /// Writes a blob.
    @discardableResult
    package func blob(_ bytes: [UInt8]) -> Part {
        let key = BlobHash.digest(of: bytes)
        write(RegistryLayout.blob(key), bytes)
        return Part(key: key, size: bytes.count)
    }

    /// Links a manifest into a repository.
    package func linkRevision(_ key: BlobKey, in repository: String) {
        write(RegistryLayout.revision(key, of: EntryName(repository)), Array(key.description.utf8))
    }

    /// Links a layer or config into a repository.
    package func linkLayer(_ key: BlobKey, in repository: String) {
        write(RegistryLayout.layer(key, of: EntryName(repository)), Array(key.description.utf8))
    }

    /// Takes a manifest's link away and leaves its directory, as the registry's `DELETE` does.
    package func deleteRevision(_ key: BlobKey, in repository: String) {
        remove(RegistryLayout.revision(key, of: EntryName(repository)))
    }

    /// Lets a tag name a manifest; the tag's index remembers it.
    package func tag(_ tag: String, _ key: BlobKey, in repository: String) {
        let (name, tag) = (EntryName(repository), EntryName(tag))
        write(RegistryLayout.tagEntry(key, tag, of: name), Array(key.description.utf8))
        write(RegistryLayout.tagLink(tag, of: name), Array(key.description.utf8))
    }

    /// Writes an upload that has not ended.
    package func upload(_ uuid: String, startedAt: String?, bytes: [UInt8], in repository: String) {
        let path = RegistryLayout.upload(EntryName(uuid), of: EntryName(repository))
        write(path.appending(EntryName("data")), bytes)
        if let startedAt { write(path.appending(EntryName("startedat")), Array(startedAt.utf8)) }
        write(path.appending(EntryName("hashstates/sha256/\(bytes.count)")), [0])
    }

    // MARK: Manifests

    /// Writes a manifest's text as it stands and links it.
    @discardableResult
    package func manifest(_ text: String, in repository: String) -> Part {
        let part = blob(Array(text.utf8))
        linkRevision(part.key, in: repository)
        return part
    }

    /// Writes an image of a config and layers, links all of it, and returns the manifest.
    @discardableResult
    package func image(
        _ config: Part,
        _ layers: [Part],
        subject: Part? = nil,
        mediaType: String? = StoreBuilder.ociManifest,
        in repository: String
    )
        -> Part
    {
        for part in [config] + layers { linkLayer(part.key, in: repository) }
        return manifest(Self.imageText(config, layers, subject: subject, mediaType: mediaType), in: repository)
    }

    /// Writes an image with a layer that is elsewhere too and that the repository does not link, and returns the manifest.
    @discardableResult
    package func foreignImage(_ config: Part, _ layer: Part, in repository: String) -> Part {
        linkLayer(config.key, in: repository)
        let text = Self.imageText(config, [layer], subject: nil, mediaType: Self.ociManifest)
        let foreign = "\"digest\":\"\(layer.key)\",\"urls\":[\"https://elsewhere.example/layer\"]"
        return manifest(text.replacing("\"digest\":\"\(layer.key)\"", with: foreign), in: repository)
    }

    /// Writes an index of manifests, links it, and returns it.
    @discardableResult
    package func index(_ children: [Part], subject: Part? = nil, in repository: String) -> Part {
        manifest(Self.indexText(children, subject: subject), in: repository)
    }

    /// The media type of an OCI image.
    package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"

    /// The text of an image's manifest.
    package static func imageText(_ config: Part, _ layers: [Part], subject: Part?, mediaType: String?) -> String {
        let type = mediaType.map { "\"mediaType\":\"\($0)\"," } ?? ""
        let list = layers.map { descriptor("application/vnd.oci.image.layer.v1.tar+gzip", $0) }.joined(separator: ",")
        let configuration = descriptor("application/vnd.oci.image.config.v1+json", config)
        let belongs = subject.map { ",\"subject\":\(descriptor(ociManifest, $0))" } ?? ""
        return "{\"schemaVersion\":2,\(type)\"config\":\(configuration),\"layers\":[\(list)]\(belongs)}"
    }

    /// The text of an index.
    package static func indexText(_ children: [Part], subject: Part? = nil) -> String {
        let list = children.map { descriptor(ociManifest, $0) }.joined(separator: ",")
        let belongs = subject.map { ",\"subject\":\(descriptor(ociManifest, $0))" } ?? ""
        return "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[\(list)]\(belongs)}"
    }

    private static func descriptor(_ type: String, _ part: Part) -> String {
        "{\"mediaType\":\"\(type)\",\"size\":\(part.size),\"digest\":\"\(part.key)\"}"
    }
}
