/// Finds out whether a registry serves a store, before anything is asked of the registry or believed of it.
struct StoreIdentity {
    let root: StorageRoot

    /// Makes a directory as a tag's for a moment, and asks the registry whether it lists it.
    func isServed(by registry: any RunningRegistry) async -> Bool {
        var random = SystemRandomNumberGenerator()
        let mark = "hook-" + String(UInt64.random(in: .min ... .max, using: &random), radix: 16)
        let name = EntryName(mark)
        let path = RegistryLayout.tag(name, of: name)
        do throws(Errno) {
            try root.makeDirectories(path)
        } catch {
            return false
        }
        let isListed = await registry.tags(of: mark)?.contains(mark) ?? false
        var remover = TreeRemover(root: root)
        remover.removeDirectories(RegistryLayout.repository(name))
        // What stays is an empty repository, which a later run removes.
        return isListed && remover.failures.isEmpty
    }
}
