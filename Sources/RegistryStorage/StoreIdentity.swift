/// Finds out whether a registry serves a store, before anything is asked of the registry or believed of it.
struct StoreIdentity {
    /// What a look at the tags tells of a registry and a store.
    enum Likeness {
        /// The registry lists the tags that the store has.
        case same
        /// It lists others.
        case different
        /// No repository has a tag.
        case unknown
    }

    private static let prefix = "hook-"

    let root: StorageRoot

    /// Makes a directory as a tag's for a moment, and asks the registry whether it lists it.
    func isServed(by registry: any RunningRegistry) async -> Bool {
        let name = Self.newMark()
        let mark = name.description
        removeLeftovers()
        do throws(Errno) {
            // One by one from the repository down: where `repositories` is missing, it is not made, and nothing is proven.
            let directories = [
                RegistryLayout.repository(name), RegistryLayout.manifests(of: name), RegistryLayout.tags(of: name),
                RegistryLayout.tag(name, of: name),
            ]
            for directory in directories { try root.makeDirectory(directory) }
        } catch {
            removeMark(name)
            return false
        }
        let isListed = await registry.tags(of: mark)?.contains(mark) ?? false
        return removeMark(name) && isListed
    }

    /// The name of a repository that nobody has, and that a later run removes where this one is killed before it can.
    static func newMark() -> EntryName {
        var random = SystemRandomNumberGenerator()
        return EntryName(prefix + String(UInt64.random(in: .min ... .max, using: &random), radix: 16))
    }

    /// Compares the tags of one repository on the disk with those that the registry lists, and changes nothing.
    ///
    /// A copy of the store that another registry serves is the same as well.
    func likeness(to registry: any RunningRegistry) async -> Likeness {
        do throws(Errno) {
            var pending = [EntryName(bytes: [])]
            while let name = pending.popLast() {
                let path = name.bytes.isEmpty ? RegistryLayout.repositories : RegistryLayout.repository(name)
                for entry in try root.entries(of: path).sorted().reversed() where !RegistryLayout.isInternal(entry) {
                    pending.append(name.appending(entry))
                }
                guard name.isRepositoryName else { continue }
                if try root.entries(of: RegistryLayout.tags(of: name)).isEmpty { continue }
                // Somebody may push or delete between the two lists.
                if try await listsTags(of: name, registry) { return .same }
                return try await listsTags(of: name, registry) ? .same : .different
            }
        } catch {
            // The walk reports what cannot be listed.
            return .different
        }
        return .unknown
    }

    private func listsTags(of name: EntryName, _ registry: any RunningRegistry) async throws(Errno) -> Bool {
        let tags = try root.entries(of: RegistryLayout.tags(of: name))
        let listed = await registry.tags(of: String(decoding: name.bytes, as: UTF8.self))
        return listed.map { Set($0) } == Set(tags.map(\.description))
    }

    /// Removes the marks of runs that were killed before they could.
    private func removeLeftovers() {
        let names: [EntryName]
        do throws(Errno) {
            names = try root.entries(of: RegistryLayout.repositories)
        } catch {
            // A leftover is an empty repository: the next run looks for it again, and the walk reports what cannot be listed.
            return
        }
        for name in names where Self.isMark(name) { removeMark(name) }
    }

    private static func isMark(_ name: EntryName) -> Bool {
        let hex = name.bytes.dropFirst(Self.prefix.utf8.count)
        return name.bytes.starts(with: Self.prefix.utf8) && (1...16).contains(hex.count)
            && hex.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The directories of a mark, the deepest first.
    private static func directories(of name: EntryName) -> [EntryName] {
        [
            RegistryLayout.tag(name, of: name), RegistryLayout.tags(of: name), RegistryLayout.manifests(of: name),
            RegistryLayout.layers(of: name), RegistryLayout.allLayers(of: name), RegistryLayout.repository(name),
        ]
    }

    /// Removes the directories of a mark from the deepest up, each only where it is empty; says whether none could not be removed.
    @discardableResult
    func removeMark(_ name: EntryName) -> Bool {
        let path = PathBuffer()
        for directory in Self.directories(of: name) {
            do throws(Errno) {
                try root.calls.removeDirectory(path.path(directory), in: root.number)
            } catch  where error == .noSuchFile {
                continue
            } catch {
                // What is not empty is a repository of that name; what stays of a mark goes in a later run.
                return false
            }
        }
        return true
    }
}
