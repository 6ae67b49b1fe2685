/// Every manifest of a store, read once however many repositories and tags name it.
struct ManifestCatalog: Sendable {
    private let root: StorageRoot
    private let table: DigestTable
    private var places = DigestPlaces()
    private var manifests: [Manifest] = []
    /// What manifests name: of each manifest first the blobs, then the manifests, each number as its distance from the one before.
    private var lists: [PackedIntegers] = []
    /// Why a manifest is `missing` or `damaged`.
    private(set) var reasons: [DigestNumber: String] = [:]

    init(root: StorageRoot, table: DigestTable) {
        self.root = root
        self.table = table
    }

    /// The manifest of a digest, where it was read.
    @inline(__always)
    subscript(number: DigestNumber) -> Manifest? {
        places[number].map { manifests[$0] }
    }

    /// Calls the body with every blob that a manifest names: its config and layers.
    @inline(__always)
    func forEachBlob(of manifest: Manifest, _ body: (DigestNumber) -> Void) {
        if manifest.blobCount == 0 { return }
        var reader = lists[Int(manifest.list)].reader(at: Int(manifest.start))
        var number: UInt64 = 0
        for _ in 0..<manifest.blobCount {
            number = reader.next(after: number)
            body(DigestNumber(number))
        }
    }

    /// Calls the body with every manifest that an index names.
    @inline(__always)
    func forEachChild(of manifest: Manifest, _ body: (DigestNumber) -> Void) {
        if manifest.childCount == 0 { return }
        var reader = lists[Int(manifest.list)].reader(at: Int(manifest.start))
        var number: UInt64 = 0
        for _ in 0..<manifest.blobCount { number = reader.next(after: number) }
        for _ in 0..<manifest.childCount {
            number = reader.next(after: number)
            body(DigestNumber(number))
        }
    }

    private struct Batch: Sendable {
        var manifests: [(DigestNumber, Manifest)] = []
        /// One for each directory of blobs.
        var lists: [PackedIntegers] = []
        var children: [DigestNumber] = []
        var reasons: [DigestNumber: String] = [:]
    }

    /// Reads the manifests of these digests, and those that they name, to any depth; what was read before is not read again.
    mutating func read(_ numbers: [DigestNumber], jobs: Int) async throws {
        var wanted = numbers
        while !wanted.isEmpty {
            var seen = DigestSet(count: table.count)
            // The keys are looked up here, because nobody may look one up while the tasks below give out numbers.
            var buckets = [[(DigestNumber, BlobKey)]](repeating: [], count: 256)
            for number in wanted where self[number] == nil && seen.insert(number) {
                let key = table.key(number)
                buckets[Int(key.prefix)].append((number, key))
            }
            wanted = []
            let filled = buckets.filter { !$0.isEmpty }
            if filled.isEmpty { return }
            let (root, table) = (root, table)
            let batches = try await WorkShare.run(units: filled.count, jobs: jobs) { share in
                var reader = Reader(root: root, table: table)
                while let unit = try share.take() { reader.read(filled[unit]) }
                return reader.batch
            }
            for batch in batches { wanted += add(batch) }
        }
    }

    private mutating func add(_ batch: Batch) -> [DigestNumber] {
        let start = Int32(lists.count)
        lists += batch.lists
        for (number, manifest) in batch.manifests {
            var manifest = manifest
            manifest.list += start
            places.set(manifests.count, of: number)
            manifests.append(manifest)
        }
        reasons.merge(batch.reasons) { first, _ in first }
        return batch.children
    }

    private struct Reader {
        let root: StorageRoot
        let table: DigestTable
        let scratch = WalkerScratch()
        var scanner = ManifestScanner()
        var batch = Batch()
        var keys: [BlobKey] = []
        var numbers: [DigestNumber] = []
        /// What the manifests of the directory name that is being read.
        var list = PackedIntegers()

        init(root: StorageRoot, table: DigestTable) {
            self.root = root
            self.table = table
        }

        mutating func read(_ bucket: [(DigestNumber, BlobKey)]) {
            guard let first = bucket.first else { return }
            defer {
                list.trim()
                batch.lists.append(list)
                list = PackedIntegers()
            }
            let path = RegistryLayout.blobDirectory(first.1.prefix)
            let directory: Descriptor
            do {
                directory = try root.calls.openDirectory(scratch.path.path(path), in: root.number)
            } catch {
                for (number, _) in bucket { fail(number, error) }
                return
            }
            for (number, key) in bucket {
                do {
                    guard let bytes = try scratch.readFile(root.calls, scratch.path.blobFile(key), in: directory.number) else {
                        batch.reasons[number] = "it is larger than \(WalkerScratch.largestManifest) bytes"
                        batch.manifests.append((number, Manifest(state: .damaged)))
                        continue
                    }
                    scan(number, key, bytes)
                } catch {
                    fail(number, error)
                }
            }
        }

        private mutating func fail(_ number: DigestNumber, _ error: Errno) {
            if error != .noSuchFile { batch.reasons[number] = "it cannot be read: \(error)" }
            batch.manifests.append((number, Manifest(state: error == .noSuchFile ? .missing : .damaged)))
        }

        private mutating func scan(_ number: DigestNumber, _ key: BlobKey, _ bytes: UnsafeRawBufferPointer) {
            if case .notUnderstood(let reason) = scanner.scan(bytes) {
                batch.reasons[number] = reason
                batch.manifests.append((number, Manifest(state: .damaged)))
                return
            }
            keys.removeAll(keepingCapacity: true)
            keys += scanner.blobs
            keys += scanner.children
            if let subject = scanner.subject { keys.append(subject) }
            table.intern(keys, into: &numbers)
            var manifest = Manifest(state: .understood)
            if BlobHash.digest(of: bytes) != key {
                // What it names may be what it named before it was damaged, and is kept; that it names nothing else cannot be known.
                manifest.state = .damaged
                batch.reasons[number] = "its content is not what its digest names"
            }
            manifest.isIndex = scanner.isIndex
            manifest.isUnknownType = scanner.isUnknownType
            manifest.namesOtherAlgorithm = scanner.namesOtherAlgorithm
            manifest.isSchema1 = scanner.isSchema1
            manifest.list = Int32(batch.lists.count)
            manifest.start = UInt32(list.byteCount)
            manifest.blobCount = Int32(scanner.blobs.count)
            manifest.childCount = Int32(scanner.children.count)
            if scanner.subject != nil { manifest.subject = numbers.removeLast() }
            var last: DigestNumber = 0
            for number in numbers {
                list.append(UInt64(number), after: UInt64(last))
                last = number
            }
            if scanner.isIndex { batch.children += numbers[scanner.blobs.count...] }
            batch.manifests.append((number, manifest))
        }
    }
}
