/// Empty directories that a run on a full disk takes for its trash: to move something aside takes directories and no other space.
///
/// Taken by a rename, so that nobody else gets the space in between.
struct DirectoryReserve {
    /// How many there are: enough for a place for each directory of blobs; what goes leaves as many as the rest takes.
    private static let count = 256

    let root: StorageRoot

    /// Puts one of the directories at a path; says whether there was one.
    func take(_ path: EntryName) throws(Errno) -> Bool {
        for name in try root.entries(of: RegistryLayout.reserve) {
            do throws(Errno) {
                try root.rename(RegistryLayout.reserve.appending(name), to: path)
                return true
            } catch  where error.isLackOfSpace || error == .noSuchFile {
                // Another task has taken it.
                continue
            }
        }
        return false
    }

    /// Makes the directories that are missing, as far as there is room for them.
    func fill() {
        let buffer = PathBuffer()
        do throws(Errno) {
            let names = Set(try root.entries(of: RegistryLayout.reserve))
            if names.count >= Self.count { return }
            for path in [RegistryLayout.own, RegistryLayout.reserve] { try make(path, buffer) }
            for number in 0..<Self.count where !names.contains(EntryName("\(number)")) {
                try make(RegistryLayout.reserve.appending(EntryName("\(number)")), buffer)
            }
        } catch {
            // What is missing is made by a later run, and missed only on a full disk: then a run says so.
            return
        }
    }

    private func make(_ path: EntryName, _ buffer: PathBuffer) throws(Errno) {
        do throws(Errno) {
            try root.calls.makeDirectory(buffer.path(path), in: root.number)
            try root.giveToOwner(buffer.path(path))
        } catch  where error == .fileExists {
            return
        }
    }
}
