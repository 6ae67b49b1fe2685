/// The right to change a store: one process at a time has it.
///
/// The lock is `flock(2)` on a file in the store; the kernel takes it back when the process ends, however it ends.
package final class StorageLock: Sendable {
    private let file: Descriptor
    private let calls: SystemCalls

    /// Takes the lock for changing the store, and makes hook's own directory where it is not there.
    package init(_ root: StorageRoot) throws(RegistryStorageError) {
        let path = PathBuffer()
        calls = root.calls
        do throws(Errno) {
            do throws(Errno) {
                try root.calls.makeDirectory(path.path(RegistryLayout.own), in: root.number)
            } catch  where error == .fileExists {
                // An earlier run made it.
            }
            file = try root.calls.openForWriting(path.path(RegistryLayout.lock), in: root.number, exclusively: false)
            try root.calls.lock(file.number, shared: false)
        } catch  where error == .wouldBlock {
            throw RegistryStorageError(
                .busy,
                "another collector holds '\(root.display(RegistryLayout.lock))'; try again when it has finished"
            )
        } catch {
            throw RegistryStorageError(.unwritable, "cannot lock '\(root.display(RegistryLayout.lock))'", cause: error)
        }
    }

    deinit {
        // A child process that is just being started may still have a copy of the descriptor, so that closing it would not be enough.
        calls.unlock(file.number)
    }

    /// Says whether a collector works on the store.
    ///
    /// Nothing is made or changed: a dry run asks this.
    package static func isHeld(_ root: StorageRoot) throws(RegistryStorageError) -> Bool {
        let path = PathBuffer()
        do throws(Errno) {
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
}
