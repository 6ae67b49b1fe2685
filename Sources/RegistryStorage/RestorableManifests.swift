/// Decides which manifests of a run may be linked again in a repository: those that name nothing that is missing.
struct RestorableManifests {
    private let root: StorageRoot
    private let name: EntryName
    private let scratch = WalkerScratch()

    init(root: StorageRoot, name: EntryName) {
        self.root = root
        self.name = name
    }

    /// Puts manifests in the order in which they are linked, each after those that it names; those that lack something come apart.
    ///
    /// A manifest lacks a blob that is not there, or that the repository does not link; an index lacks a manifest that waits in the trash, of this
    /// run or of another. What else an index names and is not there was not there before: it need not have all its manifests here.
    func sort(_ keys: [BlobKey]) throws(Errno) -> (sound: [BlobKey], lacking: [BlobKey]) {
        let all = Set(keys)
        var children: [BlobKey: Set<BlobKey>] = [:]
        for key in all { children[key] = try needed(by: key) }
        var absent: Set<BlobKey> = []
        for child in Set(children.values.joined()).subtracting(all) {
            if try !isLinked(child), try !isThere(RegistryLayout.blob(child)) { absent.insert(child) }
        }
        let trashed = Set(try Trash(root: root).blobs(among: absent).compactMap(\.key))
        var waiting: [BlobKey: Int] = [:]
        var parents: [BlobKey: [BlobKey]] = [:]
        var sound: [BlobKey] = []
        for key in all.sorted() {
            guard let named = children[key], named.isDisjoint(with: trashed) else { continue }
            var isWhole = true
            for child in named.subtracting(all).subtracting(absent) where isWhole { isWhole = try isLinked(child) }
            guard isWhole else { continue }
            let own = named.intersection(all).subtracting([key])
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
        return (sound, all.subtracting(sound).sorted())
    }

    /// The manifests that a manifest names; `nil` where its blob is missing, or one that it needs and its link.
    ///
    /// What is not understood needs nothing that is known.
    private func needed(by key: BlobKey) throws(Errno) -> Set<BlobKey>? {
        let bytes: UnsafeRawBufferPointer?
        do throws(Errno) {
            bytes = try scratch.readFile(root.calls, scratch.path.fullBlobFile(key), in: root.number)
        } catch  where error == .noSuchFile {
            return nil
        }
        guard let bytes else { return [] }
        let manifest: CheckedManifest
        do throws(CheckedManifest.Malformed) {
            manifest = try CheckedManifest(bytes)
        } catch {
            return []
        }
        guard manifest.isKnown else { return [] }
        for part in manifest.parts {
            guard let blob = part.key else { continue }
            if try !isThere(RegistryLayout.blob(blob)) {
                if part.isElsewhere { continue }
                return nil
            }
            guard try isThere(RegistryLayout.layer(blob, of: name)) else { return nil }
        }
        return Set(manifest.children)
    }

    /// Says whether the repository links something as a manifest, or as a layer, which is what a build cache's index names.
    private func isLinked(_ key: BlobKey) throws(Errno) -> Bool {
        if try isThere(RegistryLayout.revision(key, of: name)) { return true }
        return try isThere(RegistryLayout.layer(key, of: name))
    }

    private func isThere(_ path: EntryName) throws(Errno) -> Bool {
        do throws(Errno) {
            return try root.calls.status(scratch.path.path(path), in: root.number).kind == .file
        } catch  where error == .noSuchFile {
            return false
        }
    }
}
