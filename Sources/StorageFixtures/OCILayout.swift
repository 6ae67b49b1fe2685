package import RegistryStorage

/// Writes an OCI image layout that skopeo can push.
package struct OCILayout {
    private let files: StoreBuilder
    private var parts: [BlobKey: StoreBuilder.Part] = [:]
    private var entries: [String] = []
    private let path: String

    /// Makes an empty layout at a path.
    package init(path: String) {
        self.path = path
        files = StoreBuilder(scratch: path)
        files.writeFile(path + "/oci-layout", Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8))
    }

    /// Adds an image with layers of these contents under a tag; returns its digest.
    ///
    /// With a `subject`, which must have been added before, it belongs to that manifest.
    @discardableResult
    package mutating func image(_ tag: String, layers: [[UInt8]], subject: BlobKey? = nil) -> BlobKey {
        let parts = layers.map { write($0) }
        let diffs = parts.map { "\"\($0.key)\"" }.joined(separator: ",")
        let config = write(
            Array(
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\(diffs)]}}".utf8
            )
        )
        let subject = subject.map { self.part($0) }
        let text = StoreBuilder.imageText(config, parts, subject: subject, mediaType: StoreBuilder.ociManifest)
            .replacing("layer.v1.tar+gzip", with: "layer.v1.tar")
        return add(tag, text, StoreBuilder.ociManifest)
    }

    /// Adds an index of manifests that were added before under a tag; returns its digest.
    @discardableResult
    package mutating func index(_ tag: String, of children: [BlobKey]) -> BlobKey {
        add(tag, StoreBuilder.indexText(children.map { part($0) }), "application/vnd.oci.image.index.v1+json")
    }

    private func part(_ key: BlobKey) -> StoreBuilder.Part {
        guard let part = parts[key] else { preconditionFailure("the layout has no manifest '\(key)'") }
        return part
    }

    private mutating func add(_ tag: String, _ text: String, _ mediaType: String) -> BlobKey {
        let manifest = write(Array(text.utf8))
        parts[manifest.key] = manifest
        entries.append(
            "{\"mediaType\":\"\(mediaType)\",\"size\":\(manifest.size),\"digest\":\"\(manifest.key)\","
                + "\"annotations\":{\"org.opencontainers.image.ref.name\":\"\(tag)\"}}"
        )
        files.writeFile(path + "/index.json", Array("{\"schemaVersion\":2,\"manifests\":[\(entries.joined(separator: ","))]}".utf8))
        return manifest.key
    }

    private func write(_ bytes: [UInt8]) -> StoreBuilder.Part {
        let key = BlobHash.digest(of: bytes)
        files.writeFile("\(path)/blobs/sha256/\(key.hex)", bytes)
        return StoreBuilder.Part(key: key, size: bytes.count)
    }
}
