import OCI

/// Follows every tag and every manifest to the last blob, and says what is missing, damaged or useless.
///
/// Shares no code with the marker: it reads with its own JSON reader, keeps its own sets, and asks every blob for its size.
package struct StorageChecker: Sendable {
    private let root: StorageRoot
    private let jobs: Int
    private let verifiesDigests: Bool
    private let uploadsOlderThan: Int64
    private let now: Int64

    /// Takes a store.
    ///
    /// With `verifiesDigests` every blob is read. Uploads older than the given nanoseconds at `now` are stale.
    package init(root: StorageRoot, jobs: Int, verifiesDigests: Bool = false, uploadsOlderThan: Int64 = .max, now: Int64 = .max) {
        self.root = root
        self.jobs = jobs
        self.verifiesDigests = verifiesDigests
        self.uploadsOlderThan = uploadsOlderThan
        self.now = now
    }

    private struct BlobList: Sendable {
        var sizes: [BlobKey: Int64] = [:]
        var problems: [StorageProblem] = []
    }

    /// Looks at the whole store.
    ///
    /// Nothing is changed.
    package func check() async throws -> CheckReport {
        let blobs = try await listBlobs()
        var names: [EntryName] = []
        var report = CheckReport()
        findRepositories(EntryName(bytes: []), &names, &report.problems)
        report.problems += blobs.problems
        report.repositories = names.count
        report.blobs = blobs.sizes.count
        report.bytes = blobs.sizes.values.reduce(0) { $0 + max($1, 0) }
        let (root, found) = (root, names)
        let parts = try await WorkShare.run(units: found.count, jobs: jobs) { share in
            var results: [RepositoryCheck] = []
            while let unit = try share.take() {
                var check = RepositoryCheck(root: root, name: found[unit], sizes: blobs.sizes)
                check.run(uploadsOlderThan: uploadsOlderThan, now: now)
                results.append(check)
            }
            return results
        }
        var named: Set<BlobKey> = []
        for check in parts.joined() {
            report.problems += check.problems
            report.tags += check.tagCount
            report.manifests += check.manifestCount
            named.formUnion(check.named)
        }
        for (key, size) in blobs.sizes where !named.contains(key) {
            let (kind, message) =
                size < 0
                ? (StorageProblem.Kind.emptyBlob, "the blob's directory holds no data")
                : (.unreferencedBlob, "nothing names the blob of \(size) bytes")
            report.problems.append(StorageProblem(kind, RegistryLayout.blob(key), breaksImages: false, message))
        }
        report.problems.sort()
        return report
    }

    // MARK: Blobs

    private func listBlobs() async throws -> BlobList {
        let prefixes: [EntryName]
        do {
            prefixes = try root.entries(of: RegistryLayout.blobs)
        } catch {
            return BlobList(problems: [unreadable(RegistryLayout.blobs, error)])
        }
        let lists = try await WorkShare.run(units: prefixes.count, jobs: jobs) { share in
            var list = BlobList()
            while let unit = try share.take() { listBlobs(RegistryLayout.blobs.appending(prefixes[unit]), &list) }
            return list
        }
        var all = BlobList()
        for list in lists {
            all.sizes.merge(list.sizes) { first, _ in first }
            all.problems += list.problems
        }
        return all
    }

    private func listBlobs(_ directory: EntryName, _ list: inout BlobList) {
        let buffer = PathBuffer()
        do throws(Errno) {
            for name in try root.entries(of: directory) {
                guard let digest = Digest(algorithm: .sha256, hex: String(decoding: name.bytes, as: UTF8.self)), let key = BlobKey(digest)
                else {
                    list.problems.append(unknownEntry(directory.appending(name)))
                    continue
                }
                let path = directory.appending(name).appending(EntryName("data"))
                do throws(Errno) {
                    let status = try root.calls.status(buffer.path(path), in: root.number)
                    list.sizes[key] = status.size
                    if status.kind != .file { list.problems.append(unknownEntry(path)) }
                } catch  where error == .noSuchFile {
                    list.sizes[key] = -1
                    continue
                }
                if verifiesDigests { verify(key, path, &list) }
            }
        } catch  where error == .notADirectory {
            list.problems.append(unknownEntry(directory))
        } catch {
            list.problems.append(unreadable(directory, error))
        }
    }

    private func verify(_ key: BlobKey, _ path: EntryName, _ list: inout BlobList) {
        let buffer = PathBuffer()
        do throws(Errno) {
            let file = try root.calls.openFile(buffer.path(path), in: root.number)
            var hash = SHA256()
            let capacity = 1 << 20
            // The memory belongs to this call alone and is given back at its end.
            let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
            defer { memory.deallocate() }
            while true {
                let count = try root.calls.read(file.number, into: memory, count: capacity)
                if count == 0 { break }
                hash.update(UnsafeRawBufferPointer(start: memory, count: count))
            }
            let found = hash.finish()
            if found != key {
                list.problems.append(
                    StorageProblem(.corruptBlob, path, breaksImages: true, "the content's digest is \(found): push the image again")
                )
            }
        } catch {
            list.problems.append(unreadable(path, error))
        }
    }

    // MARK: Repositories

    private func findRepositories(_ name: EntryName, _ names: inout [EntryName], _ problems: inout [StorageProblem]) {
        let path = name.bytes.isEmpty ? RegistryLayout.repositories : RegistryLayout.repository(name)
        do throws(Errno) {
            var isRepository = false
            var nested: [EntryName] = []
            for entry in try root.entries(of: path).sorted() {
                if entry.bytes.first == 0x5f { isRepository = true } else { nested.append(entry) }
            }
            if isRepository { names.append(name) }
            if !isRepository, nested.isEmpty, !name.bytes.isEmpty {
                problems.append(StorageProblem(.emptyRepository, path, breaksImages: false, "the directory is empty"))
            }
            for entry in nested { findRepositories(name.appending(entry), &names, &problems) }
        } catch  where error == .notADirectory {
            problems.append(unknownEntry(path))
        } catch {
            problems.append(unreadable(path, error))
        }
    }

    private func unknownEntry(_ path: EntryName) -> StorageProblem {
        StorageProblem(.unknownEntry, path, breaksImages: false, "the entry is not one that a registry makes")
    }

    private func unreadable(_ path: EntryName, _ error: Errno) -> StorageProblem {
        StorageProblem(.unreadable, path, breaksImages: true, "it cannot be read: \(error)")
    }
}
