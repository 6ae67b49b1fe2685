import OCI

/// Asks a registry that runs what it believes in although it is not there, by links in a repository that only hook knows of.
///
/// Observed with distribution 2.8.2 and its in-memory cache: what was asked for or pulled once is remembered for the whole store, also where the link
/// by which it was found is dropped, until the registry ends. Where a repository links it, `HEAD` shows whether it is remembered: without a look at
/// the disk where it is, and with one where it is not. What is not there and not remembered is not remembered for being asked for.
struct RegistryMemory {
    /// What became of the question whether the registry shows which blobs it believes in.
    enum Sight {
        /// It goes on believing in a blob that was there and is gone, and says so.
        case shown
        /// It remembers no blobs, or does not say so, or one of several processes does not.
        case unknown
    }

    let root: StorageRoot
    let registry: any RunningRegistry
    private let repository = StoreIdentity.newMark()

    /// Says whether the registry believes in a link that is gone; `nil` where that cannot be told.
    ///
    /// What is asked for is hook's own, so that nothing of the store is remembered for it.
    func remembersLinks() async -> Bool? {
        await withProbe { key, digest, name in
            guard await registry.makeRemembered(digest, in: name) else { return nil }
            do throws(Errno) {
                try removeLink(key)
            } catch {
                return nil
            }
            return await registry.isBelievedIn(digest, in: name)
        } ?? nil
    }

    /// Finds out whether `believes(in:)` can be relied on.
    ///
    /// One question makes one process remember a blob of hook's own, which is taken away. Only where every answer then says that it is there, one
    /// process seems to answer, and shows what it remembers.
    func sight() async -> Sight {
        await withProbe { key, digest, name in
            guard await registry.hasBlob(digest, in: name) == true else { return .unknown }
            do throws(Errno) {
                try removeProbe(key)
            } catch {
                return .unknown
            }
            return await registry.answers(on: digest, in: name).allSatisfy { $0 == true } ? .shown : .unknown
        } ?? .unknown
    }

    /// Says whether the registry believes in a blob that is gone; `nil` where that cannot be told.
    ///
    /// While the question lasts the blob is linked, so that no look at the links may happen.
    func believes(in key: BlobKey) async -> Bool? {
        guard let digest = Digest(key.description) else { return nil }
        var isBelievedIn: Bool?
        do throws(Errno) {
            try write(Array(key.description.utf8), to: RegistryLayout.layer(key, of: repository))
            isBelievedIn = await registry.isBelievedIn(digest, in: repository.description)
            // It forgets that it was asked; where it does not, it remembers a little more.
            if isBelievedIn == true { _ = await registry.unlinkBlob(digest, in: repository.description) }
        } catch {
            // A disk that is full, or a store that cannot be written: nothing can be told.
            isBelievedIn = nil
        }
        do throws(Errno) {
            try removeLink(key)
        } catch {
            // A link that stays is one to a blob that must stay as well, until a later run finds that nothing needs it.
            return nil
        }
        return isBelievedIn
    }

    /// Removes the directories that the questions left.
    func end() { StoreIdentity(root: root).removeMark(repository) }

    /// Makes a blob of hook's own that is linked, and removes what is left of it.
    private func withProbe<Result>(_ body: (BlobKey, Digest, _ name: String) async -> Result) async -> Result? {
        let content = Array("hook asks whether \(repository) is remembered\n".utf8)
        let key = BlobHash.digest(of: content)
        guard let digest = Digest(key.description) else { return nil }
        var result: Result?
        do throws(Errno) {
            try write(content, to: RegistryLayout.blob(key))
            try write(Array(key.description.utf8), to: RegistryLayout.layer(key, of: repository))
            result = await body(key, digest, repository.description)
        } catch {
            // A disk that is full, or a store that cannot be written: nothing can be told.
        }
        do throws(Errno) {
            try removeLink(key)
            try removeProbe(key)
        } catch {
            // It is a blob that nothing needs: a later run collects it.
        }
        end()
        return result
    }

    private func write(_ bytes: [UInt8], to path: EntryName) throws(Errno) {
        let buffer = PathBuffer()
        try root.makeDirectories(path.parent)
        let file = try root.calls.openForWriting(buffer.path(path), in: root.number, exclusively: false)
        try root.giveToOwner(buffer.path(path))
        try root.calls.write(file.number, bytes)
    }

    private func removeLink(_ key: BlobKey) throws(Errno) { try remove(RegistryLayout.layer(key, of: repository)) }

    private func removeProbe(_ key: BlobKey) throws(Errno) { try remove(RegistryLayout.blob(key)) }

    /// Removes a file, where it is there, and its directory, where nothing else is in it.
    private func remove(_ path: EntryName) throws(Errno) {
        let buffer = PathBuffer()
        do throws(Errno) {
            try root.calls.unlink(buffer.path(path), in: root.number)
        } catch  where error == .noSuchFile {
            // The registry dropped it.
        }
        do throws(Errno) {
            try root.calls.removeDirectory(buffer.path(path.parent), in: root.number)
        } catch  where error == .noSuchFile || error == .directoryNotEmpty || error == .fileExists {
            return
        }
    }
}

extension RunningRegistry {
    /// How often the same is asked at a time.
    ///
    /// Behind one address there may be several processes, each with a memory of its own. Questions at a time take connections of their own, so that
    /// a balancer spreads them, whether it does so by connection or by request.
    private var questions: Int { 8 }

    /// What everybody at the address says to the question whether a repository has a blob.
    func answers(on digest: Digest, in name: String) async -> [Bool?] {
        await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<questions { group.addTask { await hasBlob(digest, in: name) } }
            return await group.reduce(into: [Bool?]()) { $0.append($1) }
        }
    }

    /// Says whether anybody at the address believes that a repository has a blob; `nil` where that cannot be told.
    ///
    /// Whoever answers that it is there remembers it from then on, where it remembers at all.
    func isBelievedIn(_ digest: Digest, in name: String) async -> Bool? {
        let answers = await answers(on: digest, in: name)
        if answers.contains(true) { return true }
        return answers.contains(nil) ? nil : false
    }

    /// Asks for a blob so that every process at the address remembers it that remembers at all; says whether it is there.
    func makeRemembered(_ digest: Digest, in name: String) async -> Bool {
        guard await hasBlob(digest, in: name) == true else { return false }
        _ = await answers(on: digest, in: name)
        return true
    }
}
