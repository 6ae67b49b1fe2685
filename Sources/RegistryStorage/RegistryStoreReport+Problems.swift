import HookKit

extension [RegistryStoreReport.Problem] {
    /// Adds what is wrong to what may be said already in other words: the plan and the check word the same damage differently.
    mutating func add(_ problems: [StorageProblem], in root: StorageRoot) {
        var known = Set(map { [$0.kind, $0.path, $0.repository] })
        for problem in problems {
            let added = RegistryStoreReport.Problem(
                kind: problem.kind.rawValue,
                path: root.display(problem.path),
                repository: problem.repository?.description,
                message: problem.message,
                breaksImages: problem.breaksImages
            )
            if known.insert([added.kind, added.path, added.repository]).inserted { append(added) }
        }
    }

    /// Takes out that manifests or blobs are missing that were brought back, or would be.
    mutating func removeMissingBlobs(that back: Set<BlobKey>) {
        removeAll { problem in
            guard [.missingManifest, .missingBlob].contains(StorageProblem.Kind(rawValue: problem.kind)) else { return false }
            return BlobKey(namedBy: problem.path).map { back.contains($0) } ?? false
        }
    }
}
