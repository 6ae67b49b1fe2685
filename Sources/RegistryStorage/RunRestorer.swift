/// Puts back what one run took out, a repository at a time, the blobs that nothing of the run names last.
///
/// StorageInvariants.md: what is put back.
struct RunRestorer {
    /// What is put back, and with it, what counts as the same where something is in its place.
    private enum Thing {
        /// A blob, the same where the content in its place has its digest.
        case blob(BlobKey)
        /// A link, the same where the one in its place reads the digest.
        case link(BlobKey)
        /// A tag, the same where the one in its place names the same.
        case tag
        /// Anything else, never the same.
        case other
    }

    private let root: StorageRoot
    private let run: Trash.Run
    private let top: EntryName
    /// Whether nothing is changed, and the first thing that could come back is the end.
    private let isTrial: Bool
    private let blobs: BlobFinder
    private let trashedLinks: TrashedLinkFinder
    private let scratch = WalkerScratch()
    /// What those things name that stay in the trash.
    private var held: Set<BlobKey> = []
    /// What was done, or in a trial the first thing that would be.
    private(set) var restoration = Trash.Restoration()

    init(root: StorageRoot, run: Trash.Run, isTrial: Bool = false) {
        self.root = root
        self.run = run
        self.isTrial = isTrial
        top = RegistryLayout.trash(of: run.name)
        blobs = BlobFinder(root: root, run: run)
        trashedLinks = TrashedLinkFinder(root: root)
    }

    /// Puts back what can be put back.
    mutating func restore() throws(RegistryStorageError) {
        let names: [EntryName]
        do throws(Errno) {
            names = try TrashedRepositories(root: root, run: run).names()
        } catch {
            throw RegistryStorageError(.unreadable, "cannot list the trash '\(root.display(top))'", cause: error)
        }
        for name in names where !isOver {
            restoration.repositories.insert(name)
            do throws(Errno) {
                try restore(name)
            } catch {
                fail(top.appending(RegistryLayout.repository(name)), error)
            }
        }
        if !isOver {
            do throws(Errno) {
                try restoreOtherBlobs()
            } catch {
                fail(top.appending(RegistryLayout.blobs), error)
            }
        }
        if isTrial { return }
        var remover = TreeRemover(root: root)
        remover.removeDirectories(top)
        restoration.failures += remover.failures
    }

    /// Whether nothing more is put back.
    private var isOver: Bool {
        mutating get {
            if Task.isCancelled { restoration.isInterrupted = true }
            return restoration.isInterrupted || !restoration.failures.isEmpty || isTrial && !restoration.restored.isEmpty
        }
    }

    private mutating func fail(_ path: EntryName, _ error: Errno) {
        restoration.failures.append(.init(path: path, error: error))
    }

    // MARK: One repository

    /// Decides what of a repository comes back, and puts it back.
    private mutating func restore(_ name: EntryName) throws(Errno) {
        let trashed = try TrashedRepository(name, beneath: top, root, scratch)
        let tags = try trashed.tags(scratch)
        var there: Set<BlobKey> = []
        for layer in trashed.layers where try blobs.place(of: layer.key) != .nowhere { there.insert(layer.key) }
        let decision = try RestorableManifests(
            root: root,
            name: name,
            blobs: blobs,
            layers: there,
            unlinked: .areLackingWhereTaken(trashedLinks)
        ).decide(
            trashed.revisions.map(\.key),
            tagged: Set(tags.compactMap(\.target))
        )
        held.formUnion(decision.held)
        let layers = there.subtracting(decision.held)
        for key in layers.union(decision.needed).sorted() where !isOver {
            if case .trash(let path) = try blobs.place(of: key) { put(path, RegistryLayout.blob(key), .blob(key)) }
        }
        if !isOver, !isTrial { try writeDown() }
        restoreLayers(trashed, name, there, decision)
        try restoreManifests(trashed, tags, name, decision)
        try restoreEntries(trashed, name)
        for upload in try trashed.uploads() { put(upload.path, RegistryLayout.upload(upload.name, of: name), .other) }
    }

    /// Writes down on the disk that the blobs are there, before the first link to one is.
    ///
    /// StorageInvariants.md, line H4.
    private func writeDown() throws(Errno) {
        do throws(Errno) {
            let directory = try root.calls.openDirectory(scratch.path.path(RegistryLayout.blobs), in: root.number)
            try root.calls.synchronize(directory.number)
        } catch  where error == .noSuchFile {
            // No blob is there, so that none had to come back.
        }
    }

    private mutating func restoreLayers(
        _ trashed: TrashedRepository,
        _ name: EntryName,
        _ there: Set<BlobKey>,
        _ decision: RestorableManifests.Decision
    ) {
        var links = trashed.layers
        if let whole = trashed.allLayers, links.allSatisfy({ there.contains($0.key) && !decision.held.contains($0.key) }) {
            if moved(whole, RegistryLayout.allLayers(of: name)) { links.removeAll { $0.path.isBeneath(whole) } }
        }
        for link in links {
            let original = RegistryLayout.layer(link.key, of: name)
            if !there.contains(link.key) {
                restoration.lacking.append(original)
            } else if decision.held.contains(link.key) {
                restoration.waiting.append(original)
            } else {
                put(link.path, original, .link(link.key))
            }
        }
        // The blobs of other algorithms never go.
        if let whole = trashed.allLayers { putOthers(whole, RegistryLayout.allLayers(of: name)) }
    }

    /// Puts manifests and tags back: by one rename where the repository went as a whole, all that it names is there, and nothing new is.
    private mutating func restoreManifests(
        _ trashed: TrashedRepository,
        _ trashedTags: [TrashedRepository.Tag],
        _ name: EntryName,
        _ decision: RestorableManifests.Decision
    ) throws(Errno) {
        let sound = Set(decision.sound)
        var (tags, revisions) = (trashedTags, trashed.revisions)
        if let whole = trashed.allManifests, decision.lacking.isEmpty, decision.waiting.isEmpty {
            // A tag whose link says nothing was like that before.
            let isComplete = tags.allSatisfy { $0.target.map(sound.contains) ?? true }
            let isAll = tags.allSatisfy { $0.path.isBeneath(whole) } && revisions.allSatisfy { $0.path.isBeneath(whole) }
            if isComplete, isAll, moved(whole, RegistryLayout.manifests(of: name)) { (tags, revisions) = ([], []) }
        }
        let paths = Dictionary(grouping: revisions, by: \.key)
        for key in decision.sound {
            for link in paths[key] ?? [] { put(link.path, RegistryLayout.revision(key, of: name), .link(key)) }
        }
        restoration.lacking += decision.lacking.map { RegistryLayout.revision($0, of: name) }
        restoration.waiting += decision.waiting.map { RegistryLayout.revision($0, of: name) }
        if let whole = trashed.allManifests {
            putOthers(RegistryLayout.allRevisions(beneath: whole), RegistryLayout.allRevisions(of: name))
        }
        for tag in tags where !isOver {
            let original = RegistryLayout.tag(tag.name, of: name)
            var isNamed = tag.target.map(sound.contains) ?? false
            if let target = tag.target, !isNamed { isNamed = try isFile(RegistryLayout.revision(target, of: name)) }
            if isNamed {
                put(tag.path, original, .tag)
            } else {
                restoration.lacking.append(original)
                if let target = tag.target { held.insert(target) }
            }
        }
    }

    private mutating func restoreEntries(_ trashed: TrashedRepository, _ name: EntryName) throws(Errno) {
        for entry in try trashed.entries() where !isOver {
            // The registry lists a tag as soon as its directory is there.
            let isTagged = try isFile(RegistryLayout.tagLink(entry.tag, of: name))
            for digest in entry.digests {
                let original = RegistryLayout.link(beneath: RegistryLayout.tagIndex(entry.tag, of: name).appending(digest))
                guard isTagged else {
                    restoration.withoutTag.append(original)
                    continue
                }
                let key = digest.bytes.withUnsafeBytes { BlobKey(hex: $0) }
                put(entry.path.appending(digest), original, key.map { .link($0) } ?? .other)
            }
        }
    }

    /// Puts links of algorithms back that are not collected, from a directory that went as a whole to where something new is.
    private mutating func putOthers(_ whole: EntryName, _ original: EntryName) {
        guard !isOver else { return }
        do throws(Errno) {
            for algorithm in try root.entries(of: whole).sorted() where !RegistryLayout.isCollected(algorithm: algorithm) {
                for digest in try root.entries(of: whole.appending(algorithm)).sorted() {
                    let place = algorithm.appending(digest)
                    put(whole.appending(place), original.appending(place), .other)
                }
            }
        } catch {
            fail(whole, error)
        }
    }

    // MARK: Blobs

    /// Puts the blobs back that no repository in the run names, but for those that wait for what names them.
    private mutating func restoreOtherBlobs() throws(Errno) {
        for prefix in try root.entries(of: top.appending(RegistryLayout.blobs)).sorted() {
            let directory = RegistryLayout.blobs.appending(prefix)
            for name in try root.entries(of: top.appending(directory)).sorted() where !isOver {
                let place = directory.appending(name)
                let (trashed, original) = (top.appending(place), RegistryLayout.data(beneath: place))
                guard let key = name.bytes.withUnsafeBytes({ BlobKey(hex: $0) }) else {
                    put(trashed, original, .other)
                    continue
                }
                if held.contains(key) { restoration.waiting.append(original) } else { put(trashed, original, .blob(key)) }
            }
        }
    }

    // MARK: One thing

    /// Puts one thing back; where the same is in its place already, its copy in the trash goes.
    private mutating func put(_ trashed: EntryName, _ original: EntryName, _ thing: Thing) {
        guard !isOver else { return }
        do throws(Errno) {
            if isTrial {
                if try root.kind(of: original, scratch.path) == nil { restoration.restored.append(original) }
                return
            }
            guard try renew(trashed) else { return }
            if try Trash(root: root).putBack(.init(trashed: trashed, original: original, key: nil)) {
                restoration.restored.append(original)
                if case .blob(let key) = thing { blobs.noteBack(key) }
            } else if try isSame(thing, trashed, original) {
                try drop(trashed, thing)
                restoration.present.append(original)
            } else {
                restoration.occupied.append(original)
            }
        } catch {
            fail(original, error)
        }
    }

    /// Moves a whole directory back; says whether that is done, or nothing more is to be done, and not whether something is in its place.
    private mutating func moved(_ trashed: EntryName, _ original: EntryName) -> Bool {
        guard !isOver else { return true }
        do throws(Errno) {
            let isMoved: Bool
            if isTrial {
                isMoved = try root.kind(of: original, scratch.path) == nil
            } else {
                let isThere = try renew(trashed)
                isMoved = isThere ? try Trash(root: root).putBack(.init(trashed: trashed, original: original, key: nil)) : false
            }
            if isMoved { restoration.restored.append(original) }
            return isMoved
        } catch {
            fail(original, error)
            return true
        }
    }

    /// Lets a file, or every file beneath a directory, count as written now; says whether it is there.
    ///
    /// That is done while it is still in the trash: what is in its place is young from its first moment.
    /// StorageInvariants.md, line H6.
    private func renew(_ path: EntryName) throws(Errno) -> Bool {
        do throws(Errno) {
            let parent = try root.calls.openDirectory(scratch.path.path(path.parent), in: root.number)
            let name = scratch.path.path(path.lastComponent)
            guard try root.calls.status(name, in: parent.number).kind == .directory else {
                try root.calls.setModifiedNow(name, in: parent.number)
                return true
            }
        } catch  where error == .noSuchFile {
            return false
        }
        var pending = [path]
        while let directory = pending.popLast() {
            let open = try root.calls.openDirectory(scratch.path.path(directory), in: root.number)
            try root.calls.forEachEntry(of: open.number, scratch.outer) { entry throws(Errno) in
                if entry.kind == .directory {
                    pending.append(directory.appending(EntryName(entry)))
                } else {
                    try root.calls.setModifiedNow(scratch.path.path(EntryName(entry)), in: open.number)
                }
            }
        }
        return true
    }

    /// Says whether what is in a place is what would come back.
    private func isSame(_ thing: Thing, _ trashed: EntryName, _ original: EntryName) throws(Errno) -> Bool {
        do throws(Errno) {
            switch thing {
            case .blob(let key):
                let file = try root.calls.openFile(scratch.path.path(original), in: root.number)
                var hash = BlobHash()
                while true {
                    let piece = try scratch.readPiece(root.calls, file)
                    if piece.isEmpty { return hash.finish() == key }
                    hash.update(piece)
                }
            case .link(let key):
                return BlobKey(text: try scratch.readLink(root.calls, scratch.path.path(original), in: root.number)) == key
            case .tag:
                guard let target = try TrashedRepository.target(ofTag: original, root, scratch) else { return false }
                return try TrashedRepository.target(ofTag: trashed, root, scratch) == target
            case .other: return false
            }
        } catch  where error == .noSuchFile {
            return false
        }
    }

    /// Removes a copy in the trash of what is in its place.
    private func drop(_ trashed: EntryName, _ thing: Thing) throws(Errno) {
        guard case .tag = thing else {
            let parent = try root.calls.openDirectory(scratch.path.path(trashed.parent), in: root.number)
            return try root.calls.unlink(scratch.path.path(trashed.lastComponent), in: parent.number)
        }
        var remover = TreeRemover(root: root)
        remover.remove(trashed)
        if let error = remover.failures.first?.error { throw error }
    }

    private func isFile(_ path: EntryName) throws(Errno) -> Bool { try root.kind(of: path, scratch.path) == .file }
}
