/// The right to change a store: one process at a time has it.
///
/// The lock is `flock(2)` on the store's directory, which takes no space, and on a file in it: a network file system locks only what is open for
/// writing. The kernel takes it back when the process ends, however it ends.
package final class StorageLock: Sendable {
    private let held: [SharedDescriptor]
    private let calls: SystemCalls

    /// Takes the lock for changing the store, and makes hook's own directory where it is not there.
    package init(_ root: StorageRoot) throws(RegistryStorageError) {
        calls = root.calls
        do throws(Errno) {
            var held: [SharedDescriptor] = []
            if let directory = try Self.lockDirectory(root, shared: false) { held.append(directory) }
            // On a full disk the file cannot be made; whoever makes it later meets the directory's lock first.
            if let file = try Self.lockFile(root, isNeeded: held.isEmpty) { held.append(file) }
            self.held = held
        } catch  where error == .wouldBlock {
            throw RegistryStorageError(
                .busy,
                "another collector holds '\(root.display(RegistryLayout.lock))'; try again when it has finished"
            )
        } catch {
            throw RegistryStorageError(
                .unwritable,
                "cannot lock '\(root.display(RegistryLayout.lock))'",
                cause: error,
                advice: root.refusal()?.advice
            )
        }
    }

    deinit {
        // A child process that is just being started may still have a copy of a descriptor, so that closing it would not be enough.
        for descriptor in held { calls.unlock(descriptor.number) }
    }

    /// Says whether a collector works on the store.
    ///
    /// Nothing is made or changed: a dry run asks this.
    package static func isHeld(_ root: StorageRoot) throws(RegistryStorageError) -> Bool {
        let path = PathBuffer()
        do throws(Errno) {
            if let directory = try lockDirectory(root, shared: true) { root.calls.unlock(directory.number) }
            let file = try root.calls.openFile(path.path(RegistryLayout.lock), in: root.number)
            try root.calls.lock(file.number, shared: true)
            return false
        } catch  where error == .noSuchFile {
            return false
        } catch  where error == .wouldBlock {
            return true
        } catch {
            throw RegistryStorageError(.unreadable, "cannot ask for '\(root.display(RegistryLayout.lock))'", cause: error)
        }
    }

    /// Locks the store's directory; `nil` where the file system does not lock directories.
    private static func lockDirectory(_ root: StorageRoot, shared: Bool) throws(Errno) -> SharedDescriptor? {
        let path = PathBuffer()
        // A descriptor of its own: a lock belongs to the opening.
        let directory = SharedDescriptor(try root.calls.openDirectory(path.path(EntryName(".")), in: root.number))
        do throws(Errno) {
            try root.calls.lock(directory.number, shared: shared)
            return directory
        } catch  where error.isLackOfLocks {
            return nil
        }
    }

    /// Locks the file; `nil` where there is no room for it and the directory is locked.
    private static func lockFile(_ root: StorageRoot, isNeeded: Bool) throws(Errno) -> SharedDescriptor? {
        let path = PathBuffer()
        do throws(Errno) {
            try root.makeDirectory(RegistryLayout.own)
            let file = SharedDescriptor(
                try root.calls.openForWriting(path.path(RegistryLayout.lock), in: root.number, exclusively: false)
            )
            // The store's owner collects it as well, also after a run of the superuser.
            try root.giveToOwner(path.path(RegistryLayout.own))
            try root.giveToOwner(path.path(RegistryLayout.lock))
            try root.calls.lock(file.number, shared: false)
            return file
        } catch  where error.isLackOfSpace && !isNeeded {
            return nil
        }
    }
}
