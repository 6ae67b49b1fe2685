/// Finds what registries before 2.6 keep beside manifests of schema 1: links to their signatures, without which they do not serve them.
///
/// Later registries write none and read none. A repository that has some is kept whole. StorageInvariants.md, line H5.
struct LegacySignatures {
    let root: StorageRoot
    let table: DigestTable

    /// Notes the signatures of a repository's manifests in what a listing of it found.
    func add(to scan: inout RepositoryScan, _ catalog: ManifestCatalog) {
        for revision in scan.revisions where catalog[revision.number]?.isSchema1 ?? false {
            let path = RegistryLayout.signatures(of: table.key(revision.number), in: scan.name)
            do throws(Errno) {
                let keys = try root.entries(of: path).compactMap { name in name.bytes.withUnsafeBytes { BlobKey(hex: $0) } }
                if keys.isEmpty { continue }
                scan.extraBlobs += keys.map(table.intern)
                scan.problems.append(
                    StorageProblem(
                        .unknownEntry,
                        path,
                        repository: scan.name,
                        breaksImages: false,
                        "the signatures, as registries before 2.6 keep them, are not collected; everything that the repository links is kept"
                    )
                )
            } catch {
                let message = "the signatures cannot be listed: \(error)"
                scan.problems.append(StorageProblem(.unreadable, path, repository: scan.name, breaksImages: true, message))
            }
            scan.isDamaged = true
        }
    }
}
