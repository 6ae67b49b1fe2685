/// Asks the disk what of a plan is gone.
///
/// What was spared, put back or postponed is still there, and so is what a failure left.
struct GoneLook {
    private let root: StorageRoot
    private let path = PathBuffer()
    /// The directory that the last thing lay in, relative to the root of the store.
    private var base: EntryName?
    private var directory: Result<SharedDescriptor, Errno> = .failure(.noSuchFile)

    init(root: StorageRoot) {
        self.root = root
    }

    /// Says whether a thing is gone; what cannot be asked counts as being there.
    ///
    /// Things that lie beside each other are asked for beneath their directory, which is opened once.
    mutating func isGone(_ removal: SweepPlan.Removal) -> Bool {
        let bytes = removal.path.bytes
        guard let slash = Self.slash(in: bytes, before: removal.placesInDirectory) else {
            return isGone(path.path(removal.path), root.number)
        }
        if base.map({ !$0.bytes.elementsEqual(bytes[..<slash]) }) ?? true { open(EntryName(bytes: Array(bytes[..<slash]))) }
        switch directory {
        case .success(let directory):
            let rest = bytes[(slash + 1)...].withUnsafeBytes { path.begin().add($0).pointer }
            return isGone(rest, directory.number)
        case .failure(.noSuchFile):
            return true
        case .failure:
            return isGone(path.path(removal.path), root.number)
        }
    }

    private mutating func open(_ base: EntryName) {
        self.base = base
        do throws(Errno) {
            directory = .success(SharedDescriptor(try root.calls.openDirectory(path.path(base), in: root.number)))
        } catch {
            directory = .failure(error)
        }
    }

    private func isGone(_ path: UnsafePointer<CChar>, _ directory: Int32) -> Bool {
        do throws(Errno) {
            _ = try root.calls.status(path, in: directory)
            return false
        } catch {
            return error == .noSuchFile
        }
    }

    /// The place of the slash before so many last parts of a path.
    private static func slash(in bytes: [UInt8], before parts: Int) -> Int? {
        var missing = parts
        for place in bytes.indices.reversed() where bytes[place] == 0x2f {
            missing -= 1
            if missing == 0 { return place }
        }
        return nil
    }
}

extension SweepPlan.Removal {
    /// How many parts its path has beneath the directory in which its like lie.
    fileprivate var placesInDirectory: Int {
        switch kind {
        case .tag, .upload, .repository: 1
        // `<tag>/index/<algorithm>/<hex>/link`
        case .tagEntry: 5
        // `<hex>/link`
        case .revision, .layerLink: 2
        // `<hex>/data`, or the directory alone
        case .blob: reason == .remains ? 1 : 2
        }
    }
}
