import OCI

/// The check of one repository.
struct RepositoryCheck {
    /// The digests that a directory links, in order.
    private struct Links {
        var keys: [BlobKey] = []
        var isNeeded: [Bool] = []

        func place(of key: BlobKey) -> Int? {
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low < keys.count && keys[low] == key ? low : nil
        }
    }

    let root: StorageRoot
    let name: EntryName
    /// Every blob of the store.
    let sizes: BlobSizes
    let depth: StorageChecker.Depth
    private let scratch: WalkerScratch
    /// What a plan would change, where it is asked for what would be left.
    private let foreseen: ForeseenChanges?
    /// What it would change in this repository.
    private var changes: ForeseenChanges.Repository?
    private var trashedLinks: TrashedLinkFinder?
    /// The layers that stay because the trash needs their links.
    private let held: Set<BlobKey>
    /// Whether all of those are known.
    private let isHeldKnown: Bool
    /// The manifests that indexes name and that the repository does not link.
    private var unlinked: [BlobKey] = []
    /// The repository's number among all.
    private let number: Int32
    /// Which repositories name each blob.
    var owners = PlaceOwners(count: 0)
    /// The largest tags, of this repository and those before it.
    var largestTags = LargestTags()
    private var reached = ReachedBlobs()
    /// Whether what a manifest names counts as used: what the repository does not link uses nothing.
    private var countsUse = true
    /// The blobs that only manifests name which an index names and nobody links.
    private(set) var namedByUnlinked: Set<Int> = []
    private(set) var problems: [StorageProblem] = []
    private(set) var tagCount = 0
    private(set) var manifestCount = 0

    init(
        root: StorageRoot,
        name: EntryName,
        number: Int,
        sizes: BlobSizes,
        depth: StorageChecker.Depth,
        foreseen: ForeseenChanges?,
        held: Set<BlobKey>?,
        isHeldKnown: Bool,
        scratch: WalkerScratch
    ) {
        self.held = held ?? []
        self.isHeldKnown = isHeldKnown
        self.root = root
        self.name = name
        self.number = Int32(number)
        self.sizes = sizes
        self.depth = depth
        self.foreseen = foreseen
        self.scratch = scratch
    }

    /// Looks at manifests, tags, layer links and uploads.
    ///
    /// `owners` must be a list for all places of `sizes`.
    mutating func run(uploadsOlderThan: Int64, now: Int64) {
        changes = foreseen?.repository(name)
        var layers = links(
            RegistryLayout.layers(of: name),
            without: changes?.layers ?? [],
            with: changes?.returningLayers ?? [],
            bareMeans: "the layer's directory holds no link"
        )
        let revisions = links(
            RegistryLayout.revisions(of: name),
            without: changes?.revisions ?? [],
            with: changes?.returningRevisions ?? [],
            bareMeans: "the manifest's directory holds no link"
        )
        for revision in revisions.keys {
            reached.begin()
            checkManifest(revision, revisions, &layers)
            reached.end(sizes)
        }
        checkUnlinked(revisions, &layers)
        checkTags(revisions)
        // A collection keeps all layers of a repository in which something is damaged or not understood.
        let isKeptWhole = problems.contains { $0.breaksImages || $0.kind == .otherAlgorithm || $0.kind == .unknownEntry }
        for (index, layer) in layers.keys.enumerated() {
            let place = sizes.place(of: layer)
            if let place { owners.add(number, to: place) }
            if layers.isNeeded[index] || depth == .afterSweep { continue }
            let path = RegistryLayout.layer(layer, of: name)
            if place.map({ sizes.size(at: $0, of: layer) }) ?? BlobSizes.missing < 0 {
                report(.danglingLink, path, breaks: false, "the link names a blob that is missing")
            } else if !isKeptWhole, isHeldKnown, !held.contains(layer) {
                report(.unneededLayer, path, breaks: false, "no manifest of the repository needs the layer")
            }
        }
        if depth == .afterSweep { return }
        let uploads = checkUploads(uploadsOlderThan, now)
        if layers.keys.isEmpty, revisions.keys.isEmpty, tagCount == 0, uploads == 0, problems.allSatisfy({ !$0.breaksImages }) {
            report(.emptyRepository, RegistryLayout.repository(name), breaks: false, "nothing is left in the repository")
        }
    }

    private mutating func report(_ kind: StorageProblem.Kind, _ path: EntryName, breaks: Bool, _ message: String) {
        problems.append(StorageProblem(kind, path, repository: name, breaksImages: breaks, message))
    }

    /// The size of a blob, which counts as named; `nil` where it is missing.
    private mutating func size(_ key: BlobKey) -> Int64? {
        guard let place = sizes.place(of: key) else { return returningBlob(key)?.size }
        if countsUse {
            owners.add(number, to: place)
            reached.add(place)
        } else {
            namedByUnlinked.insert(place)
        }
        let size = sizes.size(at: place, of: key)
        return size < 0 ? returningBlob(key)?.size : size
    }

    /// A blob that is missing and would come back; what cannot be asked for is missing.
    private func returningBlob(_ key: BlobKey) -> (path: EntryName, size: Int64)? {
        guard let foreseen else { return nil }
        do throws(Errno) {
            return try foreseen.returningBlob(key, scratch.path)
        } catch {
            return nil
        }
    }

    /// Says whether a link that is missing would come back; one that cannot be asked for is missing.
    ///
    /// A link in the trash comes back with the manifest that needs it.
    private mutating func comesBack(link key: BlobKey) -> Bool {
        if foreseen == nil { return false }
        let finder = trashedLinks ?? TrashedLinkFinder(root: root)
        trashedLinks = finder
        do throws(Errno) {
            return try finder.holds(key, of: name)
        } catch {
            return false
        }
    }

    /// The digests of a directory that are linked, but for those that go, and with those that come back; both in order.
    private mutating func links(_ path: EntryName, without going: [BlobKey], with returning: [BlobKey], bareMeans: String) -> Links {
        var found = Links()
        found.keys = returning
        let calls = root.calls
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: root.number)
            try calls.forEachEntry(of: directory.number, scratch.outer) { entry throws(Errno) in
                guard let key = BlobKey(hex: entry.bytes) else {
                    report(.unknownEntry, path.appending(EntryName(entry)), breaks: true, "the name is no digest")
                    return
                }
                if going.containsInOrder(key) { return }
                let link = { RegistryLayout.link(key, in: path) }
                do throws(Errno) {
                    let (isEmpty, isRight) = try look(at: key, directory.number)
                    found.keys.append(key)
                    if isEmpty {
                        report(.emptyLink, link(), breaks: true, "the link is empty; it must read '\(key)'")
                    } else if !isRight {
                        report(.damagedLink, link(), breaks: true, "the link does not read '\(key)'")
                    }
                } catch  where error == .noSuchFile {
                    if depth != .afterSweep { report(.emptyRevision, link().parent, breaks: false, bareMeans) }
                } catch {
                    found.keys.append(key)
                    report(.unreadable, link(), breaks: true, "it cannot be read: \(error)")
                }
            }
        } catch  where error == .noSuchFile {
            return found
        } catch {
            report(.unreadable, path, breaks: true, "it cannot be listed: \(error)")
        }
        found.keys.sort()
        found.isNeeded = [Bool](repeating: false, count: found.keys.count)
        return found
    }

    private func look(at key: BlobKey, _ directory: Int32) throws(Errno) -> (isEmpty: Bool, isRight: Bool) {
        if depth == .afterSweep {
            let status = try root.calls.status(scratch.path.linkFile(key), in: directory)
            return (status.size == 0, status.size == Int64(BlobKey.textCount) && status.kind == .file)
        }
        let text = try scratch.readLink(root.calls, scratch.path.linkFile(key), in: directory)
        return (text.isEmpty, BlobKey(text: text) == key)
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

    /// Looks into the manifests that indexes name and that the repository does not link, so that all that is missing is found at once.
    ///
    /// What is no manifest is what a build cache's index names.
    private mutating func checkUnlinked(_ revisions: Links, _ layers: inout Links) {
        var seen: Set<BlobKey> = []
        countsUse = false
        defer { countsUse = true }
        while let child = unlinked.popLast() {
            guard seen.insert(child).inserted else { continue }
            checkManifest(child, revisions, &layers, isLinked: false)
        }
    }

    private mutating func checkManifest(_ key: BlobKey, _ revisions: Links, _ layers: inout Links, isLinked: Bool = true) {
        let path = { RegistryLayout.blob(key) }
        if isLinked { manifestCount += 1 }
        guard size(key) != nil else {
            return report(
                .missingManifest,
                RegistryLayout.revision(key, of: name),
                breaks: true,
                "the manifest's blob is missing: push it again"
            )
        }
        let manifest: CheckedManifest
        do {
            guard let bytes = try read(key) else {
                if !isLinked { return }
                return report(
                    .damagedManifest,
                    path(),
                    breaks: true,
                    "the manifest is larger than a registry takes, and a push does not replace it"
                )
            }
            manifest = try CheckedManifest(bytes)
            if BlobHash.digest(of: bytes) != key {
                // What it says now of its parts proves nothing.
                if !isLinked { return }
                return report(
                    .damagedManifest,
                    path(),
                    breaks: true,
                    "the manifest's content is not what its digest names, and a push does not replace it"
                )
            }
        } catch let error as Errno {
            return report(.unreadable, path(), breaks: true, "it cannot be read: \(error)")
        } catch {
            if !isLinked { return }
            return report(.damagedManifest, path(), breaks: true, "the manifest is no JSON object, and a push does not replace it")
        }
        guard manifest.isKnown else {
            if isLinked {
                report(
                    .unknownMediaType,
                    path(),
                    breaks: false,
                    "the manifest's media type is unknown, so that nothing tells whether all that it needs is there"
                )
            }
            if countsUse { reached.add(manifest.everything) }
            for digest in manifest.everything {
                _ = size(digest)
                if let place = layers.place(of: digest) { layers.isNeeded[place] = true }
            }
            return
        }
        for part in manifest.parts { checkPart(part, key, &layers) }
        if manifest.namesOtherAlgorithm || manifest.parts.contains(where: \.isOfOtherAlgorithm) {
            report(.otherAlgorithm, path(), breaks: false, "the manifest names digests of an algorithm that is not checked")
        }
        if isLinked, manifest.isSchema1 { checkSignatures(key) }
        if countsUse { reached.add(manifest.children) }
        for child in manifest.children { checkChild(child, key, revisions, &layers) }
    }

    /// Looks at the signatures that a registry before 2.6 links beside a manifest of schema 1.
    private mutating func checkSignatures(_ manifest: BlobKey) {
        let path = RegistryLayout.signatures(of: manifest, in: name)
        let keys = entries(path).compactMap { name in name.bytes.withUnsafeBytes { BlobKey(hex: $0) } }
        if keys.isEmpty { return }
        for key in keys { _ = size(key) }
        if countsUse { reached.add(keys) }
        report(.unknownEntry, path, breaks: false, "the signatures, as registries before 2.6 keep them, are not checked")
    }

    /// The text of a manifest, in its place or where it would come back from.
    private func read(_ key: BlobKey) throws(Errno) -> UnsafeRawBufferPointer? {
        do throws(Errno) {
            return try scratch.readFile(root.calls, scratch.path.fullBlobFile(key), in: root.number)
        } catch  where error == .noSuchFile {
            guard let path = returningBlob(key)?.path else { throw error }
            return try scratch.readFile(root.calls, scratch.path.path(path), in: root.number)
        }
    }

    private mutating func checkChild(_ child: BlobKey, _ index: BlobKey, _ revisions: Links, _ layers: inout Links) {
        let place = layers.place(of: child)
        if let place { layers.isNeeded[place] = true }
        if size(child) == nil {
            report(
                .missingManifest,
                RegistryLayout.blob(child),
                breaks: true,
                "the index '\(RegistryLayout.blob(index))' names it, and it is missing: push the image again"
            )
        } else if place == nil, revisions.place(of: child) == nil, !comesBack(link: child) {
            unlinked.append(child)
            // A build cache's index names layers where others name manifests: a link as a layer will do.
            report(
                .missingLink,
                RegistryLayout.revision(child, of: name),
                breaks: true,
                "the index '\(RegistryLayout.blob(index))' names a manifest that the repository does not link"
            )
        }
    }

    private mutating func checkPart(_ part: CheckedManifest.Part, _ manifest: BlobKey, _ layers: inout Links) {
        guard let key = part.key else { return }
        let (size, place) = (size(key), layers.place(of: key))
        if let place { layers.isNeeded[place] = true }
        if part.isElsewhere, size == nil { return }
        guard let size else {
            return report(
                .missingBlob,
                RegistryLayout.blob(key),
                breaks: true,
                "'\(RegistryLayout.blob(manifest))' names the blob, which is missing: push the image again"
            )
        }
        if let expected = part.size, expected != size {
            report(
                .truncatedBlob,
                RegistryLayout.blob(key),
                breaks: true,
                "the blob has \(size) bytes instead of \(expected), and a push does not replace it"
            )
        }
        // What is elsewhere too need not be linked, whoever else has it here.
        if place == nil, !part.isElsewhere, !comesBack(link: key) {
            report(
                .missingLink,
                RegistryLayout.layer(key, of: name),
                breaks: true,
                "'\(RegistryLayout.blob(manifest))' names a blob that the repository does not link"
            )
        }
    }

    // MARK: Tags and uploads

    private mutating func checkTags(_ revisions: Links) {
        let path = RegistryLayout.tags(of: name)
        let calls = root.calls
        do throws(Errno) {
            let tags = try calls.openDirectory(scratch.path.path(path), in: root.number)
            try calls.forEachEntry(of: tags.number, scratch.outer) { entry throws(Errno) in
                if let changes, !changes.tags.isEmpty, changes.tags.contains(EntryName(entry)) { return }
                checkTag(entry, tags.number, revisions)
            }
        } catch  where error == .noSuchFile {
            return
        } catch {
            report(.unreadable, path, breaks: true, "it cannot be listed: \(error)")
        }
    }

    private mutating func checkTag(_ entry: DirectoryEntry, _ tags: Int32, _ revisions: Links) {
        let path = { [name] in RegistryLayout.tagLink(EntryName(entry), of: name) }
        do throws(Errno) {
            let text = try scratch.readLink(root.calls, scratch.path.currentLink(entry), in: tags)
            tagCount += 1
            if text.isEmpty {
                report(.emptyLink, path(), breaks: true, "the tag's link is empty: push the tag again, or remove it")
            } else if let key = BlobKey(text: text) {
                if let place = revisions.place(of: key) {
                    let bytes = reached.bytes(of: place, sizes) { revisions.place(of: $0) }
                    if largestTags.mayTake(bytes) { largestTags.add(.init(repository: name, name: EntryName(entry), bytes: bytes)) }
                } else {
                    // The repository does not have it, but the tag names it.
                    if let place = sizes.place(of: key) { owners.add(number, to: place) }
                    report(.danglingTag, path(), breaks: true, "the tag names \(key), which the repository does not have")
                }
            } else if Digest(String(decoding: text, as: UTF8.self)) != nil {
                report(.otherAlgorithm, path(), breaks: false, "the tag names a digest of an algorithm that is not checked")
            } else {
                report(.damagedLink, path(), breaks: true, "the tag's link is no digest: push the tag again, or remove it")
            }
        } catch  where error == .noSuchFile {
            report(.tagWithoutLink, path().parent.parent, breaks: true, "the tag has no link: remove the directory")
        } catch {
            report(.unreadable, path(), breaks: true, "it cannot be read: \(error)")
        }
    }

    private mutating func checkUploads(_ olderThan: Int64, _ now: Int64) -> Int {
        let directory = RegistryLayout.uploads(of: name)
        let uploads = entries(directory)
        let buffer = PathBuffer()
        for upload in uploads {
            do throws(Errno) {
                var modified = try root.calls.status(buffer.path(directory.appending(upload)), in: root.number).modified
                // What is received is written to a file, which leaves the directory's time alone.
                for file in RegistryLayout.uploadFiles(upload, of: name) {
                    do throws(Errno) {
                        modified = max(modified, try root.calls.status(buffer.path(file), in: root.number).modified)
                    } catch  where error == .noSuchFile || error == .notADirectory {
                        continue
                    }
                }
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

extension [BlobKey] {
    /// Says whether the digest is among these, which are in order.
    fileprivate func containsInOrder(_ key: BlobKey) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == key
    }
}
