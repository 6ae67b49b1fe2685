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
    /// Throws where it cannot be read or understood.
    mutating func read(_ key: BlobKey) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey]) {
        try read(at: RegistryLayout.blob(key))
    }

    /// What the manifest at a path names, in its place or in the trash.
    ///
    /// Throws where it cannot be read or understood.
    mutating func read(at path: EntryName) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey]) {
        let bytes: UnsafeRawBufferPointer?
        do throws(Errno) {
            bytes = try scratch.readFile(root.calls, scratch.path.path(path), in: root.number)
        } catch {
            throw RegistryStorageError(.unreadable, "cannot read the manifest '\(path)'", cause: error)
        }
        guard let bytes else { throw RegistryStorageError(.unreadable, "the manifest '\(path)' is too large to be read") }
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
    /// Throws where it cannot be read: then it may be a manifest.
    mutating func readChild(_ key: BlobKey) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey])? {
        do throws(RegistryStorageError) {
            return try read(key)
        } catch  where error.cause == nil || error.cause == .noSuchFile {
            return nil
        }
    }

    /// What a manifest names that a run took out: its blob lies in its place, in that run's trash, or in another's.
    ///
    /// `nil` where it is nowhere, or is not understood. Throws where it cannot be read.
    mutating func readFromTrash(
        _ key: BlobKey,
        _ runs: [Trash.Run],
        latest: Trash.Run
    ) throws(RegistryStorageError) -> (blobs: [BlobKey], manifests: [BlobKey])? {
        let others = runs.filter { $0.name != latest.name }
        let trashed = ([latest] + others.reversed()).map { RegistryLayout.trash(of: $0.name).appending(RegistryLayout.trashed(blob: key)) }
        for path in [trashed[0], RegistryLayout.blob(key)] + trashed.dropFirst() {
            do throws(RegistryStorageError) {
                return try read(at: path)
            } catch  where error.cause == .noSuchFile {
                continue
            } catch  where error.cause == nil {
                return nil
            }
        }
        return nil
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
