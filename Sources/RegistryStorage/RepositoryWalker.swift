/// Lists one repository: its tags, revisions, layer links and uploads, each directory once and each link once.
struct RepositoryWalker {
    /// How many layer links get their numbers at a time.
    private static let layersAtATime = 4096

    private let root: StorageRoot
    private let calls: SystemCalls
    private let table: DigestTable
    private let policy: CollectionPolicy
    private let scratch: WalkerScratch
    private var keys: [BlobKey] = []
    private var numbers: [DigestNumber] = []
    private var stamps: [FileStamp] = []

    init(root: StorageRoot, table: DigestTable, policy: CollectionPolicy, scratch: WalkerScratch) {
        self.root = root
        self.calls = root.calls
        self.table = table
        self.policy = policy
        self.scratch = scratch
    }

    /// Fills in what the repository's directories hold.
    mutating func walk(_ scan: inout RepositoryScan) {
        let directory: Descriptor
        do {
            directory = try calls.openDirectory(scratch.path.path(RegistryLayout.repository(scan.name)), in: root.number)
        } catch {
            return cannotList(RegistryLayout.repository(scan.name), error, &scan)
        }
        if !scan.name.isRepositoryName {
            scan.isDamaged = true
            scan.problems.append(
                StorageProblem(
                    .unknownEntry,
                    RegistryLayout.repository(scan.name),
                    repository: scan.name,
                    breaksImages: false,
                    "the directory's name is not one that a registry gives to a repository; everything in it is kept"
                )
            )
        }
        let tagged = walkTags(directory.number, &scan)
        walkRevisions(directory.number, tagged: tagged, &scan)
        walkLayers(directory.number, &scan)
        walkUploads(directory.number, &scan)
    }

    private func cannotList(_ path: EntryName, _ error: Errno, _ scan: inout RepositoryScan) {
        scan.isDamaged = true
        scan.unlistable.append(
            StorageProblem(.unreadable, path, repository: scan.name, breaksImages: true, "the directory cannot be listed: \(error)")
        )
    }

    /// Opens a directory of the repository; `nil` where it is not there, or cannot be opened, which is then recorded.
    private func open(_ name: StaticString, _ directory: Int32, _ path: EntryName, _ scan: inout RepositoryScan) -> Descriptor? {
        do {
            return try calls.openDirectory(scratch.path.begin().add(name).pointer, in: directory)
        } catch  where error == .noSuchFile {
            return nil
        } catch {
            cannotList(path, error, &scan)
            return nil
        }
    }

    private func damage(_ kind: StorageProblem.Kind, _ path: EntryName, _ message: String, _ scan: inout RepositoryScan) {
        scan.isDamaged = true
        scan.problems.append(StorageProblem(kind, path, repository: scan.name, breaksImages: true, message))
    }

    /// Records what is wrong with a link that does not name what it must, and what it names besides.
    private func damagedLink(_ text: UnsafeRawBufferPointer, _ path: EntryName, _ scan: inout RepositoryScan) {
        if text.isEmpty { return damage(.emptyLink, path, "the link is empty", &scan) }
        if let other = BlobKey(text: text) {
            scan.extraBlobs.append(table.intern(other))
            return damage(.damagedLink, path, "the link names \(other) instead of the digest in its path", &scan)
        }
        damage(.damagedLink, path, "the link is not of the form '<algorithm>:<hex>'", &scan)
    }

    // MARK: Tags

    private mutating func walkTags(_ directory: Int32, _ scan: inout RepositoryScan) -> Set<BlobKey> {
        var tagged: Set<BlobKey> = []
        let path = RegistryLayout.tags(of: scan.name)
        guard let tags = open(RegistryLayout.tags, directory, path, &scan) else { return tagged }
        keys.removeAll(keepingCapacity: true)
        do {
            try calls.forEachEntry(of: tags.number, scratch.outer) { entry throws(Errno) in
                guard entry.kind == .directory else {
                    if entry.kind == .symbolicLink {
                        damage(.unknownEntry, path.appending(EntryName(entry)), "a symbolic link is not followed", &scan)
                    }
                    return
                }
                scan.tagCount += 1
                walkTag(entry, tags.number, &scan)
            }
        } catch {
            cannotList(path, error, &scan)
        }
        for key in keys { tagged.insert(key) }
        table.intern(keys, into: &numbers)
        scan.tagTargets = numbers
        return tagged
    }

    private mutating func walkTag(_ entry: DirectoryEntry, _ tags: Int32, _ scan: inout RepositoryScan) {
        let text: UnsafeRawBufferPointer
        let status: FileStatus?
        let isDoomed = policy.deletion.map { $0.repository(scan.name) || $0.tag(scan.name, EntryName(entry)) } ?? false
        let subject = Self.subject(of: entry)
        do {
            let file = try calls.openFile(scratch.path.currentLink(entry), in: tags)
            status = isDoomed || subject != nil ? try calls.status(of: file.number) : nil
            text = try scratch.readLink(calls, file)
        } catch  where error == .noSuchFile {
            if isDoomed { return walkUnknownDoomedTag(entry, tags, &scan) }
            return walkTagWithoutLink(EntryName(entry), &scan)
        } catch {
            if isDoomed { return walkUnknownDoomedTag(entry, tags, &scan) }
            return damage(.unreadable, RegistryLayout.tagLink(EntryName(entry), of: scan.name), "the link cannot be read: \(error)", &scan)
        }
        guard let key = BlobKey(text: text) else {
            if isDoomed { return walkUnknownDoomedTag(entry, tags, &scan) }
            return damagedLink(text, RegistryLayout.tagLink(EntryName(entry), of: scan.name), &scan)
        }
        if policy.countsLosses { noteLosses(of: entry, to: key, tags, &scan) }
        if isDoomed, let status {
            scan.doomedTags.append(.init(name: EntryName(entry), target: table.intern(key), stamp: status.stamp))
        } else if let (subject, hasEnding) = subject, let status, subject != key {
            scan.subjectTags.append(
                .init(
                    name: EntryName(entry),
                    target: table.intern(key),
                    subject: table.intern(subject),
                    hasEnding: hasEnding,
                    written: status.modified,
                    stamp: status.stamp
                )
            )
        } else {
            keys.append(key)
        }
    }

    /// Looks at a tag whose link is gone: the registry lists it as long as its directory is there, and it named something that its index names.
    ///
    /// Where the index names nothing, a deletion was stopped that left the directory. Where all of it is young, a push is under way, which writes
    /// the tag's link after the index, and both after the manifest's link, which is as young.
    private func walkTagWithoutLink(_ tag: EntryName, _ scan: inout RepositoryScan) {
        let path = RegistryLayout.tag(tag, of: scan.name)
        do throws(Errno) {
            var isDamaged = false
            let index = RegistryLayout.allIndexed(beneath: path)
            for algorithm in try root.entries(of: index) {
                let entries = index.appending(algorithm)
                for former in try root.entries(of: entries) {
                    do throws(Errno) {
                        let link = scratch.path.path(RegistryLayout.link(beneath: entries.appending(former)))
                        if try !policy.isYoung(calls.status(link, in: root.number).modified) { isDamaged = true }
                    } catch  where error == .noSuchFile {
                        continue
                    }
                }
            }
            if !isDamaged { return }
        } catch {
            return damage(.unreadable, path, "the tag has no link, and its index cannot be read: \(error)", &scan)
        }
        damage(.tagWithoutLink, path, "the tag has no link, so that nobody knows what it names: push the tag again, or remove it", &scan)
    }

    /// Notes when a tag's former manifests lost it: when the next one took it, which is when the registry wrote that one's entry.
    private func noteLosses(of tag: DirectoryEntry, to current: BlobKey, _ tags: Int32, _ scan: inout RepositoryScan) {
        do throws(Errno) {
            let index = try calls.openDirectory(scratch.path.tagIndexDirectory(tag), in: tags)
            var former: [BlobKey] = []
            try calls.forEachEntry(of: index.number, scratch.inner) { entry throws(Errno) in
                if let key = BlobKey(hex: entry.bytes), key != current { former.append(key) }
            }
            if former.isEmpty { return }
            // The tag's own link was written when what it names now took it.
            var taken = [try calls.status(scratch.path.currentLink(tag), in: tags).modified]
            var put: [(key: BlobKey, time: Int64)] = []
            for key in former {
                do throws(Errno) {
                    put.append((key, try calls.status(scratch.path.linkFile(key), in: index.number).modified))
                } catch  where error == .noSuchFile {
                    continue
                }
            }
            taken += put.map(\.time)
            taken.sort()
            for (key, time) in put {
                guard let loss = taken.first(where: { $0 > time }) ?? taken.last else { continue }
                let number = table.intern(key)
                scan.losses[number] = max(scan.losses[number] ?? .min, loss)
            }
        } catch  where error == .noSuchFile {
            return
        } catch {
            let path = RegistryLayout.tagIndex(EntryName(tag), of: scan.name)
            damage(.unreadable, path, "when manifests lost the tag cannot be read: \(error)", &scan)
        }
    }

    /// Notes a tag that goes and of which nobody knows what it names.
    private func walkUnknownDoomedTag(_ entry: DirectoryEntry, _ tags: Int32, _ scan: inout RepositoryScan) {
        var stamp = FileStamp(inode: 0, written: 0)
        do {
            stamp = try calls.status(scratch.path.currentLink(entry), in: tags).stamp
        } catch {
            // It is not there, or cannot be asked: then its removal fails, and says so.
        }
        scan.doomedTags.append(.init(name: EntryName(entry), target: nil, stamp: stamp))
    }

    /// The manifest that a tag `sha256-<hex>[.sig|.att|.sbom]` belongs to.
    private static func subject(of entry: DirectoryEntry) -> (subject: BlobKey, hasEnding: Bool)? {
        let name = entry.bytes
        guard name.count >= 71, UnsafeRawBufferPointer(rebasing: name[..<7]).elementsEqual("sha256-".utf8),
            let key = BlobKey(hex: UnsafeRawBufferPointer(rebasing: name[7..<71]))
        else { return nil }
        let ending = name[71...]
        if ending.isEmpty { return (key, false) }
        return [".sig", ".att", ".sbom"].contains { ending.elementsEqual($0.utf8) } ? (key, true) : nil
    }

    // MARK: Revisions

    private mutating func walkRevisions(_ directory: Int32, tagged: Set<BlobKey>, _ scan: inout RepositoryScan) {
        let top = RegistryLayout.allRevisions(of: scan.name)
        guard let revisions = open(RegistryLayout.revisions, directory, top, &scan) else { return }
        guard let links = openAlgorithm(revisions.number, top, &scan) else { return }
        let path = RegistryLayout.revisions(of: scan.name)
        keys.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        var bare: [BlobKey] = []
        do {
            try calls.forEachEntry(of: links.number, scratch.outer) { entry throws(Errno) in
                guard let key = BlobKey(hex: entry.bytes), entry.kind == .directory || entry.kind == .symbolicLink else {
                    return damage(.unknownEntry, path.appending(EntryName(entry)), "the name is no digest of a manifest", &scan)
                }
                var status: FileStatus?
                let linkPath = RegistryLayout.revision
                do throws(Errno) {
                    let file = try calls.openFile(scratch.path.linkFile(key), in: links.number)
                    if !tagged.contains(key) { status = try calls.status(of: file.number) }
                    let text = try scratch.readLink(calls, file)
                    if BlobKey(text: text) != key { damagedLink(text, linkPath(key, scan.name), &scan) }
                } catch  where error == .noSuchFile {
                    bare.append(key)
                    return
                } catch {
                    damage(.unreadable, linkPath(key, scan.name), "the link cannot be read: \(error)", &scan)
                }
                keys.append(key)
                stamps.append(status?.stamp ?? FileStamp(inode: 0, written: 0))
            }
        } catch {
            cannotList(path, error, &scan)
        }
        table.intern(keys, into: &numbers)
        scan.revisions.reserveCapacity(numbers.count)
        for index in numbers.indices {
            scan.revisions.append(.init(stamp: stamps[index], number: numbers[index]))
        }
        table.intern(bare, into: &numbers)
        scan.bareRevisions = numbers
    }

    /// Opens the directory of the algorithm that is collected; a directory of another makes the repository one that is kept whole.
    private mutating func openAlgorithm(_ directory: Int32, _ path: EntryName, _ scan: inout RepositoryScan) -> Descriptor? {
        var others: [EntryName] = []
        do {
            try calls.forEachEntry(of: directory, scratch.inner) { entry throws(Errno) in
                if !entry.isNamed(RegistryLayout.algorithm), entry.kind != .file { others.append(EntryName(entry)) }
            }
        } catch {
            cannotList(path, error, &scan)
        }
        for other in others { walkOther(path.appending(other), &scan) }
        return open(RegistryLayout.algorithm, directory, RegistryLayout.collected(beneath: path), &scan)
    }

    /// Reads the links of another algorithm: a registry writes the digest there under which it keeps the blob.
    private mutating func walkOther(_ path: EntryName, _ scan: inout RepositoryScan) {
        scan.isDamaged = true
        scan.problems.append(
            StorageProblem(
                .otherAlgorithm,
                path,
                repository: scan.name,
                breaksImages: false,
                "digests of this algorithm are not collected; everything that the repository links is kept"
            )
        )
        do throws(Errno) {
            let directory = try calls.openDirectory(scratch.path.path(path), in: root.number)
            try calls.forEachEntry(of: directory.number, scratch.inner) { entry throws(Errno) in
                guard entry.kind == .directory else { return }
                let link = RegistryLayout.link(beneath: EntryName(entry))
                do throws(Errno) {
                    let text = try scratch.readLink(calls, scratch.path.path(link), in: directory.number)
                    if let key = BlobKey(text: text) { scan.extraBlobs.append(table.intern(key)) }
                } catch  where error == .noSuchFile {
                    return
                }
            }
        } catch {
            cannotList(path, error, &scan)
        }
    }

    // MARK: Layers and uploads

    private mutating func walkLayers(_ directory: Int32, _ scan: inout RepositoryScan) {
        let top = RegistryLayout.allLayers(of: scan.name)
        guard let layers = open(RegistryLayout.layers, directory, top, &scan) else { return }
        guard let links = openAlgorithm(layers.number, top, &scan) else { return }
        let path = RegistryLayout.layers(of: scan.name)
        keys.removeAll(keepingCapacity: true)
        do {
            try calls.forEachEntry(of: links.number, scratch.outer) { entry throws(Errno) in
                guard let key = BlobKey(hex: entry.bytes), entry.kind == .directory || entry.kind == .symbolicLink else {
                    return damage(.unknownEntry, path.appending(EntryName(entry)), "the name is no digest of a blob", &scan)
                }
                if entry.kind == .symbolicLink {
                    damage(.unknownEntry, path.appending(EntryName(entry)), "a symbolic link is not followed", &scan)
                }
                keys.append(key)
                if keys.count == Self.layersAtATime { takeLayers(&scan) }
            }
        } catch {
            cannotList(path, error, &scan)
        }
        takeLayers(&scan)
        scan.layers.trim()
    }

    private mutating func takeLayers(_ scan: inout RepositoryScan) {
        table.intern(keys, into: &numbers)
        for number in numbers { scan.layers.append(number) }
        keys.removeAll(keepingCapacity: true)
    }

    private mutating func walkUploads(_ directory: Int32, _ scan: inout RepositoryScan) {
        let path = RegistryLayout.uploads(of: scan.name)
        guard let uploads = open(RegistryLayout.uploads, directory, path, &scan) else { return }
        var names: [EntryName] = []
        // With the whole repository everything in it goes.
        let isDoomed = policy.deletion?.repository(scan.name) ?? false
        do {
            try calls.forEachEntry(of: uploads.number, scratch.outer) { entry throws(Errno) in
                if entry.kind == .directory { names.append(EntryName(entry)) } else { scan.hasLiveUpload = true }
            }
            for name in names {
                let upload = try UploadAge(calls: calls, scratch: scratch, name: name, directory: uploads.number)
                let limit = policy.uploadsOlderThan.map { max($0, policy.minimumAge) }
                if isDoomed {
                    scan.staleUploads.append(.init(name: name, size: upload.size))
                } else if let limit, upload.newest <= policy.now.subtractingReportingOverflow(limit).partialValue {
                    scan.staleUploads.append(.init(name: name, size: upload.size))
                } else {
                    scan.hasLiveUpload = true
                }
            }
        } catch {
            // An upload names nothing, so that only uploads stay because of it.
            scan.staleUploads = []
            scan.hasLiveUpload = true
            scan.problems.append(
                StorageProblem(.unreadable, path, repository: scan.name, breaksImages: false, "the uploads cannot be listed: \(error)")
            )
        }
    }
}
