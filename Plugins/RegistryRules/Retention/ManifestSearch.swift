import HookKit

/// Decides which manifest is read next, and where; asks nothing itself.
///
/// A manifest says the same wherever it is read, and what it holds does not have to be everywhere: of two repositories with one index, one may have lost
/// an image, or never had it. So every repository is known that may have a manifest, and only what none of them has counts as absent.
struct ManifestSearch {
    /// The deepest nesting of indexes that is followed.
    static let deepestIndex = 8

    /// A manifest to be read from a repository.
    struct Question: Hashable, Sendable {
        let digest: Digest
        /// The repository's number.
        let repository: Int
    }

    /// The manifests that were read.
    private(set) var manifests: [Digest: RegistryManifest] = [:]
    /// What cannot be read, and why.
    private(set) var unreadable: [Digest: String] = [:]

    private let readsImages: Bool
    /// Indexes of which everything that they hold is read.
    private var whole: Set<Digest> = []
    /// The repositories that may have a manifest.
    private var holders: [Digest: Set<Int>] = [:]
    /// Those of them that said that they do not.
    private var lackers: [Digest: Set<Int>] = [:]
    /// How deep in indexes a manifest is, at the least; 0 for what a tag names.
    private var depths: [Digest: Int] = [:]
    /// What is not read yet, though some repository may have it.
    private var open: Set<Digest> = []

    /// Begins with nothing; reads the images that indexes hold only where they matter.
    init(readsImages: Bool) { self.readsImages = readsImages }

    /// Has all read that an index holds, whatever it is.
    mutating func readWhole(_ index: Digest) { whole.insert(index) }

    /// Adds what a tag of a repository names.
    mutating func add(_ digest: Digest, in repository: Int) { add(digest, in: [repository], depth: 0) }

    /// What to ask next, sorted: each manifest in one repository.
    ///
    /// Where nothing is left to ask, all is known.
    func questions() -> [Question] {
        open.sorted().compactMap { digest in
            holders[digest]?.subtracting(lackers[digest] ?? []).min().map { Question(digest: digest, repository: $0) }
        }
    }

    /// Takes the answer to a question: a manifest, that the repository does not have it, or why it cannot be read.
    mutating func note(_ answer: Result<RegistryManifest?, RegistryError>, to question: Question) {
        let digest = question.digest
        switch answer {
        case .success(let manifest?):
            manifests[digest] = manifest
            open.remove(digest)
            addChildren(of: manifest, known: digest)
        case .success(nil):
            lackers[digest, default: []].insert(question.repository)
            guard holders[digest]?.isSubset(of: lackers[digest] ?? []) ?? true else { return }
            open.remove(digest)
            // An index may lack a platform that was never pushed; what a tag names must be there.
            if depths[digest] == 0 { unreadable[digest] = "the registry has \(digest) no more" }
        case .failure(let error):
            open.remove(digest)
            unreadable[digest] = error.description
        }
    }

    /// Adds that repositories may have a manifest, and what it holds.
    private mutating func add(_ digest: Digest, in repositories: Set<Int>, depth: Int) {
        let isNew = !repositories.isSubset(of: holders[digest] ?? [])
        holders[digest, default: []].formUnion(repositories)
        let isHigher = depths[digest].map { depth < $0 } ?? true
        if isHigher { depths[digest] = depth }
        guard isNew || isHigher else { return }
        if let manifest = manifests[digest] {
            addChildren(of: manifest, known: digest)
        } else if depth >= Self.deepestIndex, isHigher {
            unreadable[digest] = "\(digest) is nested deeper than \(Self.deepestIndex) indexes"
        } else if unreadable[digest] == nil {
            open.insert(digest)
        }
    }

    private mutating func addChildren(of manifest: RegistryManifest, known digest: Digest) {
        let readsAll = whole.contains(digest)
        let (repositories, depth) = (holders[digest] ?? [], (depths[digest] ?? 0) + 1)
        for child in manifest.children where readsAll || child.isIndex || readsImages && !child.isAttestation {
            add(child.digest, in: repositories, depth: depth)
        }
    }
}
