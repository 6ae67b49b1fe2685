/// Reads single manifests from the disk, without a graph.
struct ManifestReader {
    private let root: StorageRoot
    private let scratch = WalkerScratch()
    private var scanner = ManifestScanner()

    init(root: StorageRoot) {
        self.root = root
    }

    /// What one manifest names: its blobs and its manifests.
    ///
    /// Throws where it cannot be read or understood, and `damaged` where its content is not what its digest names.
    mutating func read(_ key: BlobKey) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey]) {
        try read(key, at: RegistryLayout.blob(key))
    }

    /// What the manifest at a path names, in its place or in the trash.
    ///
    /// Throws where it cannot be read or understood, and `damaged` where its content is not what its digest names.
    mutating func read(_ key: BlobKey, at path: EntryName) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey]) {
        let content: ManifestContent
        do throws(Errno) {
            content = try ManifestContent(of: key, at: path, root, scratch)
        } catch {
            throw RegistryStorageError(.unreadable, "cannot read the manifest '\(path)'", cause: error)
        }
        let bytes: UnsafeRawBufferPointer
        switch content {
        case .sound(let sound): bytes = sound
        case .damaged:
            throw RegistryStorageError(.damaged, "the manifest '\(path)' is damaged: its content is not what its digest names")
        case .tooLarge: throw RegistryStorageError(.unreadable, "the manifest '\(path)' is too large to be read")
        }
        if case .notUnderstood(let reason) = scanner.scan(bytes) {
            throw RegistryStorageError(.unreadable, "the manifest '\(path)' is not understood: \(reason)")
        }
        return (scanner.blobs, scanner.children)
    }

    /// What the manifest belongs to that was read last; `nil` where it belongs to none.
    var subject: BlobKey? { scanner.subject }

    /// What one manifest names; `nil` where it is not there.
    mutating func readIfPresent(_ key: BlobKey) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey])? {
        do throws(RegistryStorageError) {
            return try read(key)
        } catch  where error.cause == .noSuchFile {
            return nil
        }
    }

    /// What something names that an index names: nothing where it is no manifest, as a layer in a build cache's index is none, or not there.
    ///
    /// Throws where it cannot be read, or its content is not what its digest names: then it may be a manifest.
    mutating func readChild(_ key: BlobKey) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey])? {
        do throws(RegistryStorageError) {
            return try read(key)
        } catch {
            if error.code == .damaged { throw error }
            if let cause = error.cause, cause != .noSuchFile { throw error }
            return nil
        }
    }

    /// What is known of a manifest that a run took out.
    enum Trashed {
        /// It is nowhere, or not understood.
        case nothing
        /// No copy has the content that its digest names.
        case damaged
        /// What it names.
        case names(blobs: [BlobKey], manifests: [BlobKey])
    }

    /// What a manifest names that a run took out: its blob lies in its place, in that run's trash, or in another's.
    ///
    /// Throws where it cannot be read.
    mutating func readFromTrash(_ key: BlobKey, _ runs: [Trash.Run], latest: Trash.Run) throws(RegistryStorageError) -> Trashed {
        let others = runs.filter { $0.name != latest.name }
        let trashed = ([latest] + others.reversed()).map { RegistryLayout.trash(of: $0.name).appending(RegistryLayout.trashed(blob: key)) }
        var isDamaged = false
        for path in [trashed[0], RegistryLayout.blob(key)] + trashed.dropFirst() {
            do throws(RegistryStorageError) {
                let names = try read(key, at: path)
                return .names(blobs: names.blobs, manifests: names.manifests)
            } catch {
                if error.code == .damaged { isDamaged = true } else if error.cause == nil { return .nothing }
                if let cause = error.cause, cause != .noSuchFile { throw error }
            }
        }
        return isDamaged ? .damaged : .nothing
    }

    /// Everything that a linked manifest names, to any depth, and the manifest itself, with what it belongs to.
    ///
    /// A named manifest that is not there names nothing. StorageInvariants.md, line H6.
    mutating func everything(namedBy key: BlobKey) throws(RegistryStorageError) -> Set<BlobKey> {
        var named: Set<BlobKey> = []
        var pending = [key]
        while let next = pending.popLast() {
            guard named.insert(next).inserted else { continue }
            guard let (blobs, manifests) = next == key ? try readIfPresent(next) : try readChild(next) else { continue }
            named.formUnion(blobs)
            pending += manifests
            if let subject { pending.append(subject) }
        }
        return named
    }
}
