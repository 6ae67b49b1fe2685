/// A store as it was marked: its digests, its repositories, its manifests.
///
/// The value is complete and no longer changes when a plan holds it.
struct StoreGraph: Sendable {
    let root: StorageRoot
    let table: DigestTable
    var scan: StoreScan
    var catalog: ManifestCatalog
}
