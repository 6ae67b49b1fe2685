/// Decides which manifests of a run may be linked again in a repository: those that name nothing that is missing.
struct RestorableManifests {
    /// What may come back, and what may not.
    struct Decision {
        /// The manifests that come back, each after those that it names.
        fileprivate(set) var sound: [BlobKey] = []
        /// Those that lack something.
        fileprivate(set) var lacking: [BlobKey] = []
        /// Those that lack nothing and that only such need as do: without a link to them an index could never come back.
        fileprivate(set) var waiting: [BlobKey] = []
        /// What those that come back name, and themselves.
        fileprivate(set) var needed: Set<BlobKey> = []
        /// What only those name that stay, and themselves.
        fileprivate(set) var held: Set<BlobKey> = []
    }

    /// What one manifest names.
    private struct Names {
        var children: Set<BlobKey> = []
        var blobs: Set<BlobKey> = []
        /// Whether nothing of it is missing, but for manifests.
        var isWhole = true
    }

    /// What it means that a repository does not link a manifest that an index names.
    enum UnlinkedManifests {
        /// The index lacks it, where its blob is somewhere.
        case areLacking
        /// The index lacks it where a run has taken the link: otherwise the index was without it before.
        case areLackingWhereTaken(TrashedLinkFinder)
    }

    private let root: StorageRoot
    private let name: EntryName
    private let blobs: BlobFinder
    private let unlinked: UnlinkedManifests
    /// The layer links of the repository that come back.
    private let layers: Set<BlobKey>
    private let scratch = WalkerScratch()

    init(root: StorageRoot, name: EntryName, blobs: BlobFinder, layers: Set<BlobKey>, unlinked: UnlinkedManifests) {
        self.root = root
        self.name = name
        self.blobs = blobs
        self.unlinked = unlinked
        self.layers = layers
    }

    /// Decides about manifests, of which tags name some.
    ///
    /// A manifest lacks a blob that is neither there nor in the trash, or that the repository does not link; an index lacks a manifest whose link
    /// waits in the trash, of this run or of another. What else an index names and the repository does not link, it did not link before, wherever
    /// the blob is: an index need not have all its manifests here. The same holds of a layer that is elsewhere too.
    func decide(_ keys: [BlobKey], tagged: Set<BlobKey>) throws(Errno) -> Decision {
        let all = Set(keys)
        var names: [BlobKey: Names] = [:]
        for key in all { names[key] = try self.names(of: key) }
        let sound = try order(all, names)
        var decision = Decision()
        decision.lacking = all.subtracting(sound).sorted()
        let wanted = Set(decision.lacking.flatMap { names[$0]?.children ?? [] })
        var reached: Set<BlobKey> = []
        var pending = sound.filter { !wanted.contains($0) || tagged.contains($0) }
        while let key = pending.popLast() {
            guard all.contains(key), reached.insert(key).inserted else { continue }
            pending += names[key]?.children ?? []
        }
        for key in sound {
            if reached.contains(key) { decision.sound.append(key) } else { decision.waiting.append(key) }
        }
        let everything = { (keys: [BlobKey]) in
            Set(keys).union(keys.flatMap { key in names[key].map { $0.blobs.union($0.children) } ?? [] })
        }
        decision.needed = everything(decision.sound)
        decision.held = everything(decision.lacking + decision.waiting).subtracting(decision.needed)
        return decision
    }

    /// Those that lack nothing, each after those that it names.
    private func order(_ all: Set<BlobKey>, _ names: [BlobKey: Names]) throws(Errno) -> [BlobKey] {
        var waiting: [BlobKey: Int] = [:]
        var parents: [BlobKey: [BlobKey]] = [:]
        var sound: [BlobKey] = []
        for key in all.sorted() {
            guard let named = names[key], named.isWhole else { continue }
            var isWhole = true
            for child in named.children.subtracting(all) where isWhole {
                if try isLinked(child) { continue }
                switch unlinked {
                case .areLacking: isWhole = try blobs.place(of: child) == .nowhere
                case .areLackingWhereTaken(let trash): isWhole = try !trash.holds(child, of: name)
                }
            }
            guard isWhole else { continue }
            let own = named.children.intersection(all).subtracting([key])
            waiting[key] = own.count
            for child in own { parents[child, default: []].append(key) }
            if own.isEmpty { sound.append(key) }
        }
        var next = 0
        while next < sound.count {
            for parent in parents[sound[next]] ?? [] {
                guard let count = waiting[parent] else { continue }
                waiting[parent] = count - 1
                if count == 1 { sound.append(parent) }
            }
            next += 1
        }
        return sound
    }

    /// What a manifest names; what is not understood needs nothing that is known, and what is damaged lacks something: its own content.
    private func names(of key: BlobKey) throws(Errno) -> Names {
        let file: EntryName
        switch try blobs.place(of: key) {
        case .store: file = RegistryLayout.blob(key)
        case .trash(let path): file = path
        case .nowhere: return Names(isWhole: false)
        }
        let (bytes, isSound): (UnsafeRawBufferPointer, Bool)
        switch try ManifestContent(of: key, at: file, root, scratch) {
        case .sound(let content): (bytes, isSound) = (content, true)
        case .damaged(let content): (bytes, isSound) = (content, false)
        case .tooLarge: return Names()
        }
        let manifest: CheckedManifest
        do throws(CheckedManifest.Malformed) {
            manifest = try CheckedManifest(bytes)
        } catch {
            return Names(isWhole: isSound)
        }
        guard manifest.isKnown else { return Names(blobs: Set(manifest.everything), isWhole: isSound) }
        var names = Names(children: Set(manifest.children), isWhole: isSound)
        for part in manifest.parts {
            guard let blob = part.key else { continue }
            names.blobs.insert(blob)
            if try blobs.place(of: blob) == .nowhere {
                if !part.isElsewhere { names.isWhole = false }
            } else if names.isWhole, !layers.contains(blob) {
                names.isWhole = try isLink(RegistryLayout.layer(blob, of: name))
                if !names.isWhole, part.isElsewhere { names.isWhole = try !isTaken(blob) }
            }
        }
        return names
    }

    /// Says whether a run has taken the repository's link to something.
    private func isTaken(_ key: BlobKey) throws(Errno) -> Bool {
        switch unlinked {
        case .areLacking: false
        case .areLackingWhereTaken(let trash): try trash.holds(key, of: name)
        }
    }

    /// Says whether the repository links something as a manifest, or as a layer, which is what a build cache's index names.
    private func isLinked(_ key: BlobKey) throws(Errno) -> Bool {
        if layers.contains(key) { return true }
        if try isLink(RegistryLayout.revision(key, of: name)) { return true }
        return try isLink(RegistryLayout.layer(key, of: name))
    }

    private func isLink(_ path: EntryName) throws(Errno) -> Bool { try root.kind(of: path, scratch.path) == .file }
}
