import OCI

/// The check of one repository.
struct RepositoryCheck: Sendable {
    let root: StorageRoot
    let name: EntryName
    /// The size of every blob of the store; -1 where only its directory is left.
    let sizes: [BlobKey: Int64]
    /// What the repository names.
    var named: Set<BlobKey> = []
    var problems: [StorageProblem] = []
    var tagCount = 0
    var manifestCount = 0

    init(root: StorageRoot, name: EntryName, sizes: [BlobKey: Int64]) {
        self.root = root
        self.name = name
        self.sizes = sizes
    }

    /// Looks at manifests, tags, layer links and uploads.
    mutating func run(uploadsOlderThan: Int64, now: Int64) {
        let layers = links(RegistryLayout.layers(of: name), bareMeans: "the layer's directory holds no link")
        let revisions = links(RegistryLayout.revisions(of: name), bareMeans: "the manifest's directory holds no link")
        var needed: Set<BlobKey> = []
        for revision in revisions.sorted() { checkManifest(revision, revisions, layers, &needed) }
        checkTags(revisions)
        for layer in layers.sorted() where !needed.contains(layer) {
            let path = RegistryLayout.layer(layer, of: name)
            if size(layer) == nil {
                report(.danglingLink, path, breaks: false, "the link names a blob that is missing")
            } else {
                report(.unneededLayer, path, breaks: false, "no manifest of the repository needs the layer")
            }
        }
        named.formUnion(layers)
        let uploads = checkUploads(uploadsOlderThan, now)
        if layers.isEmpty, revisions.isEmpty, tagCount == 0, uploads == 0, problems.allSatisfy({ !$0.breaksImages }) {
            report(.emptyRepository, RegistryLayout.repository(name), breaks: false, "nothing is left in the repository")
        }
    }

    private mutating func report(_ kind: StorageProblem.Kind, _ path: EntryName, breaks: Bool, _ message: String) {
        problems.append(StorageProblem(kind, path, repository: name, breaksImages: breaks, message))
    }

    private func size(_ key: BlobKey) -> Int64? {
        guard let size = sizes[key], size >= 0 else { return nil }
        return size
    }

    private static func key(_ text: String) -> BlobKey? { Digest(text).flatMap { BlobKey($0) } }

    /// A small file; `nil` where it is not there, or cannot be read, which is then reported.
    private mutating func text(_ path: EntryName, limit: Int = 1 << 10) -> [UInt8]? {
        let buffer = PathBuffer()
        do throws(Errno) {
            let file = try root.calls.openFile(buffer.path(path), in: root.number)
            var bytes: [UInt8] = []
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 1 << 14, alignment: 8)
            // The memory belongs to this call alone and is given back at its end.
            defer { memory.deallocate() }
            while bytes.count < limit {
                let count = try root.calls.read(file.number, into: memory, count: 1 << 14)
                if count == 0 { break }
                bytes += UnsafeRawBufferPointer(start: memory, count: count)
            }
            return bytes
        } catch  where error == .noSuchFile {
            return nil
        } catch {
            report(.unreadable, path, breaks: true, "it cannot be read: \(error)")
            return nil
        }
    }

    /// The digests of a directory that are linked.
    private mutating func links(_ directory: EntryName, bareMeans: String) -> Set<BlobKey> {
        var found: Set<BlobKey> = []
        for entry in entries(directory) {
            let path = directory.appending(entry)
            guard let digest = Digest(algorithm: .sha256, hex: String(decoding: entry.bytes, as: UTF8.self)), let key = BlobKey(digest)
            else {
                report(.unknownEntry, path, breaks: true, "the name is no digest")
                continue
            }
            let link = path.appending(EntryName("link"))
            let before = problems.count
            guard let bytes = text(link) else {
                if problems.count == before { report(.emptyRevision, path, breaks: false, bareMeans) }
                continue
            }
            found.insert(key)
            if bytes.isEmpty {
                report(.emptyLink, link, breaks: true, "the link is empty; it must read '\(digest)'")
            } else if String(decoding: bytes, as: UTF8.self) != digest.description {
                report(.damagedLink, link, breaks: true, "the link does not read '\(digest)'")
            }
        }
        return found
    }

    private mutating func entries(_ directory: EntryName) -> [EntryName] {
        do throws(Errno) {
            return try root.entries(of: directory)
        } catch {
            report(.unreadable, directory, breaks: true, "it cannot be listed: \(error)")
            return []
        }
    }

    // MARK: Manifests

    private mutating func checkManifest(_ key: BlobKey, _ revisions: Set<BlobKey>, _ layers: Set<BlobKey>, _ needed: inout Set<BlobKey>) {
        let path = RegistryLayout.blob(key)
        named.insert(key)
        manifestCount += 1
        guard size(key) != nil else {
            return report(
                .missingManifest,
                RegistryLayout.revision(key, of: name),
                breaks: true,
                "the manifest's blob is missing: push it again"
            )
        }
        guard let bytes = text(path, limit: 8 << 20) else { return }
        guard let manifest = try? CheckedJSON(bytes), case .object = manifest else {
            // The error says nothing more than that it is no JSON.
            return report(.damagedManifest, path, breaks: true, "the manifest is no JSON object: push it again")
        }
        let known = [
            MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, MediaType.dockerManifestList, MediaType.dockerSchema1,
            MediaType.dockerSchema1Signed, MediaType.ociArtifact,
        ]
        let type = manifest["mediaType"]?.text
        let isShaped = ["config", "layers", "manifests", "fsLayers", "blobs"].contains { manifest[$0] != nil }
        guard type.map({ known.contains($0) }) ?? isShaped else {
            for digest in manifest.texts.compactMap(Self.key) {
                named.insert(digest)
                needed.insert(digest)
            }
            return
        }
        var parts = (manifest["layers"]?.list ?? []) + (manifest["blobs"]?.list ?? [])
        if let config = manifest["config"] { parts.append(config) }
        for part in parts { checkPart(part, part["digest"]?.text, path, layers, &needed) }
        for part in manifest["fsLayers"]?.list ?? [] { checkPart(part, part["blobSum"]?.text, path, layers, &needed) }
        for child in manifest["manifests"]?.list ?? [] {
            guard let digest = child["digest"]?.text.flatMap(Self.key) else { continue }
            named.insert(digest)
            if size(digest) == nil {
                report(.missingManifest, path, breaks: true, "the index names \(digest), which is missing")
            } else if !revisions.contains(digest) {
                report(.missingLink, path, breaks: true, "the index names \(digest), which the repository does not link")
            }
        }
    }

    private mutating func checkPart(
        _ part: CheckedJSON,
        _ digest: String?,
        _ manifest: EntryName,
        _ layers: Set<BlobKey>,
        _ needed: inout Set<BlobKey>
    ) {
        guard let digest, let key = Self.key(digest) else { return }
        named.insert(key)
        needed.insert(key)
        if !(part["urls"]?.list.isEmpty ?? true), size(key) == nil { return }
        guard let size = size(key) else {
            return report(
                .missingBlob,
                RegistryLayout.blob(key),
                breaks: true,
                "'\(manifest)' names the blob, which is missing: push the image again"
            )
        }
        if let expected = part["size"]?.integer, expected != size {
            report(
                .truncatedBlob,
                RegistryLayout.blob(key),
                breaks: true,
                "the blob has \(size) bytes instead of \(expected): push the image again"
            )
        }
        if !layers.contains(key) {
            report(
                .missingLink,
                RegistryLayout.layer(key, of: name),
                breaks: true,
                "'\(manifest)' names a blob that the repository does not link"
            )
        }
    }

    // MARK: Tags and uploads

    private mutating func checkTags(_ revisions: Set<BlobKey>) {
        for tag in entries(RegistryLayout.tags(of: name)).sorted() {
            let path = RegistryLayout.tagLink(tag, of: name)
            let before = problems.count
            guard let bytes = text(path) else {
                if problems.count == before {
                    report(.tagWithoutLink, path.parent.parent, breaks: true, "the tag has no link: remove the directory")
                }
                continue
            }
            tagCount += 1
            if bytes.isEmpty {
                report(.emptyLink, path, breaks: true, "the tag's link is empty: push the tag again, or remove it")
            } else if let key = Self.key(String(decoding: bytes, as: UTF8.self)) {
                if !revisions.contains(key) {
                    report(.danglingTag, path, breaks: true, "the tag names \(key), which the repository does not have")
                }
            } else {
                report(.damagedLink, path, breaks: true, "the tag's link is no digest: push the tag again, or remove it")
            }
        }
    }

    private mutating func checkUploads(_ olderThan: Int64, _ now: Int64) -> Int {
        let directory = RegistryLayout.uploads(of: name)
        let uploads = entries(directory)
        let buffer = PathBuffer()
        for upload in uploads {
            do throws(Errno) {
                let modified = try root.calls.status(buffer.path(directory.appending(upload)), in: root.number).modified
                if olderThan != .max, now.subtractingReportingOverflow(olderThan).partialValue >= modified {
                    report(.staleUpload, directory.appending(upload), breaks: false, "the upload has not ended for a long time")
                }
            } catch {
                report(.unreadable, directory.appending(upload), breaks: false, "it cannot be read: \(error)")
            }
        }
        return uploads.count
    }
}
