import OCI

extension ReferencePattern {
    /// Says whether the pattern matches a repository of a store by the name of its directory as it stands.
    ///
    /// A directory whose name a registry would not give to a repository matches nothing.
    func matches(_ repository: EntryName) -> Bool {
        let name = repository.description
        return matches(repository: name, tag: nil) && ImageReference("\(Self.checkedHost)/\(name)")?.path == name
    }

    /// Says whether the pattern matches a tag of a repository of a store, both as they stand.
    func matches(_ tag: EntryName, of repository: EntryName) -> Bool {
        let (name, tag) = (repository.description, tag.description)
        guard matches(repository: name, tag: tag), let reference = ImageReference("\(Self.checkedHost)/\(name):\(tag)") else {
            return false
        }
        return reference.path == name && reference.tag == tag
    }

    /// A host that puts a path into a reference without `library/` being added.
    private static var checkedHost: String { "registry.local" }
}
