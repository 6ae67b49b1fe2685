import Glibc

/// A registry's storage directory, opened.
package final class StorageRoot: Sendable {
    /// The path that was given.
    package let path: String
    /// The directory `docker/registry/v2`, as far as it is known by a path: what findings put before a relative path.
    package let basePath: String
    /// The system calls to reach the directory with.
    package let calls: SystemCalls
    private let directory: Descriptor

    /// Opens the directory that holds `docker/registry/v2`, or that directory itself.
    package init(path: String, calls: SystemCalls = SystemCalls()) throws(RegistryStorageError) {
        self.path = path
        self.calls = calls
        let given: Descriptor
        do throws(Errno) {
            given = try calls.openRoot(path)
        } catch {
            throw RegistryStorageError(.unreadable, "cannot open '\(path)' as a registry's storage", cause: error)
        }
        let scratch = PathBuffer()
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        do throws(Errno) {
            directory = try calls.openDirectory(scratch.path(RegistryLayout.version), in: given.number)
            basePath = "\(trimmed)/\(RegistryLayout.version)"
            return
        } catch  where error == .noSuchFile || error == .notADirectory {
            // The path may be that directory itself.
        } catch {
            throw RegistryStorageError(.unreadable, "cannot open '\(trimmed)/\(RegistryLayout.version)'", cause: error)
        }
        do throws(Errno) {
            let status = try calls.status(scratch.path(RegistryLayout.repositories), in: given.number)
            guard status.kind == .directory else { throw Errno.notADirectory }
        } catch  where error == .noSuchFile {
            throw RegistryStorageError(
                .notAStore,
                "'\(path)' is no registry's storage: it holds neither '\(RegistryLayout.version)' nor '\(RegistryLayout.repositories)'"
            )
        } catch {
            throw RegistryStorageError(.unreadable, "cannot open '\(trimmed)/\(RegistryLayout.repositories)'", cause: error)
        }
        directory = given
        basePath = trimmed
    }

    /// Gives something that was just made to the owner of the store, so that a registry that runs as that user can change it.
    ///
    /// Whoever may not give files away works on a store that its group or all may write: then the registry can as well.
    func giveToOwner(_ path: UnsafePointer<CChar>, in directory: Int32? = nil) throws(Errno) {
        let owner = try calls.status(of: number).owner
        if owner == FileOwner(user: geteuid(), group: getegid()) { return }
        do throws(Errno) {
            try calls.changeOwner(path, in: directory ?? number, to: owner)
        } catch  where error == .notPermitted {
            return
        }
    }

    /// The number of the open directory.
    var number: Int32 { directory.number }

    /// The full path of a path in the store, for people.
    package func display(_ relative: EntryName) -> String {
        guard relative.isPlain else { return "\(basePath)/\(relative)" }
        // Reports hold very many of these: each takes the room that it needs and no more.
        let count = basePath.utf8.count + 1 + relative.bytes.count
        return String(unsafeUninitializedCapacity: count) { buffer in
            // The three parts fill exactly the room that was asked for.
            var end = buffer.initialize(fromContentsOf: basePath.utf8)
            buffer[end] = 0x2f
            end = buffer[(end + 1)...].initialize(fromContentsOf: relative.bytes)
            return end
        }
    }
}
