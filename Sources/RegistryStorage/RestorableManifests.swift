/// Decides which manifests of a run may be linked again: those that name nothing that is missing.
struct RestorableManifests {
    let root: StorageRoot
    private let scratch = WalkerScratch()

    init(root: StorageRoot) {
        self.root = root
    }

    /// Puts manifests in the order in which they are linked, each after those that it names; those that lack something come apart.
    ///
    /// An index lacks a manifest of the run that lacks something, and a layer whose blob is missing. What else it names and is not there was not
    /// there before: an index need not have all its manifests here.
    func sort(_ keys: [BlobKey], _ lackingLayers: Set<BlobKey>) -> (sound: [BlobKey], lacking: [BlobKey]) {
        let all = Set(keys)
        var waiting: [BlobKey: Int] = [:]
        var parents: [BlobKey: [BlobKey]] = [:]
        var sound: [BlobKey] = []
        for key in all.sorted() {
            guard let children = children(of: key, lackingLayers) else { continue }
            let named = children.intersection(all).subtracting([key])
            waiting[key] = named.count
            for child in named { parents[child, default: []].append(key) }
            if named.isEmpty { sound.append(key) }
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

    /// The manifests that a manifest names; `nil` where its blob, or one that it needs, is missing.
    ///
    /// What is not understood needs nothing that is known.
    private func children(of key: BlobKey, _ lackingLayers: Set<BlobKey>) -> Set<BlobKey>? {
        let manifest: CheckedManifest
        do {
            guard let bytes = try scratch.readFile(root.calls, scratch.path.fullBlobFile(key), in: root.number) else { return [] }
            manifest = try CheckedManifest(bytes)
        } catch is Errno {
            return nil
        } catch {
            return []
        }
        guard manifest.isKnown else { return [] }
        for part in manifest.parts where !part.isElsewhere {
            if let blob = part.key, !isThere(blob) { return nil }
        }
        return manifest.children.contains(where: { lackingLayers.contains($0) }) ? nil : Set(manifest.children)
    }

    private func isThere(_ key: BlobKey) -> Bool {
        do throws(Errno) {
            return try root.calls.status(scratch.path.fullBlobFile(key), in: root.number).kind == .file
        } catch {
            // What cannot be asked is not known to be there.
            return false
        }
    }
}
