/// Finds blobs in their place or in the trash, each once.
final class BlobFinder {
    /// Where a blob is.
    enum Place: Hashable {
        /// In its place.
        case store
        /// In the trash, at this path.
        case trash(EntryName)
        /// Nowhere.
        case nowhere
    }

    private let root: StorageRoot
    private let run: Trash.Run?
    private let path = PathBuffer()
    private let scratch = WalkerScratch()
    private var places: [BlobKey: Place] = [:]

    /// Of several runs that took the same blob, the given one is asked first, then the latest.
    init(root: StorageRoot, run: Trash.Run?) {
        self.root = root
        self.run = run
    }

    /// Where a blob is, as far as nobody has moved it since it was asked for.
    func place(of key: BlobKey) throws(Errno) -> Place {
        if let place = places[key] { return place }
        let own = run.map { RegistryLayout.trash(of: $0.name).appending(RegistryLayout.trashed(blob: key)) }
        let place: Place
        if try root.kind(of: RegistryLayout.blob(key), path) == .file {
            place = .store
        } else if let own, try root.kind(of: own, path) == .file, try !BlobHash.isDamagedText(key, at: own, root, scratch) {
            place = .trash(own)
        } else {
            place = try Trash(root: root).blobs(among: [key]).first.map { .trash($0.trashed) } ?? .nowhere
        }
        places[key] = place
        return place
    }

    /// Notes that a blob is back in its place.
    func noteBack(_ key: BlobKey) { places[key] = .store }
}
