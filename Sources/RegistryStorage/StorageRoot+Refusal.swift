import Glibc

extension StorageRoot {
    /// Why nothing in the store can be changed, and what to do.
    struct Refusal {
        /// What cannot be written.
        let path: EntryName
        /// What the system said.
        let error: Errno
        /// What to do, as a part of a sentence.
        let advice: String
    }

    /// Says whether this process may not write to the store, as far as its top tells; nothing is changed.
    func refusal() -> Refusal? {
        let buffer = PathBuffer()
        for path in [EntryName("."), RegistryLayout.repositories, RegistryLayout.allBlobs, RegistryLayout.own, RegistryLayout.lock] {
            do throws(Errno) {
                try calls.checkWritable(buffer.path(path), in: number)
            } catch  where error == .noSuchFile {
                continue
            } catch {
                return Refusal(path: path, error: error, advice: advice(on: path, error, buffer))
            }
        }
        return nil
    }

    /// What a dry run says where a run could not change anything; `nil` where it could.
    func refusalNote() -> String? {
        refusal().map { refusal in
            "a run could not change anything: '\(shown(refusal.path))' cannot be written (\(refusal.error)); \(refusal.advice)"
        }
    }

    private func shown(_ path: EntryName) -> String { path == EntryName(".") ? basePath : display(path) }

    private func advice(on path: EntryName, _ error: Errno, _ buffer: PathBuffer) -> String {
        if error == .readOnly { return "mount its file system for writing" }
        do throws(Errno) {
            let owner = try calls.status(buffer.path(path), in: number).owner.user
            if owner == geteuid() { return "'\(shown(path))' belongs to this user, but its mode forbids it" }
            let user = calls.userName(owner).map { "'\($0)' (\(owner))" } ?? "\(owner)"
            return "'\(shown(path))' belongs to the user \(user): run as that user"
        } catch {
            return "run as the user that '\(basePath)' belongs to"
        }
    }
}
