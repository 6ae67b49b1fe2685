import Glibc

/// What `fstatat(2)` tells about one entry.
package struct FileStatus: Hashable, Sendable {
    /// What kind of thing a directory's entry is.
    package enum Kind: Sendable {
        /// A directory.
        case directory
        /// A regular file.
        case file
        /// A symbolic link.
        ///
        /// It is never followed.
        case symbolicLink
        /// A socket, a pipe or a device.
        case other
    }

    /// The kind of thing.
    package let kind: Kind
    /// The length in bytes.
    package let size: Int64
    /// The number of links: for a directory on most file systems two more than it has subdirectories.
    package let linkCount: Int
    /// When the content was last written, in nanoseconds since 1970.
    package let modified: Int64
    /// Which version of the file this is.
    package let stamp: FileStamp
    /// The number of the file system that it lies on.
    package let device: UInt64
    /// Whose it is.
    package let owner: FileOwner

    init(_ raw: stat) {
        switch raw.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFREG: kind = .file
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        size = Int64(raw.st_size)
        linkCount = Int(raw.st_nlink)
        modified = Self.nanoseconds(raw.st_mtim)
        device = UInt64(raw.st_dev)
        owner = FileOwner(user: raw.st_uid, group: raw.st_gid)
        stamp = FileStamp(inode: UInt64(raw.st_ino), written: modified)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        let (product, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        // A time that does not fit is one of the far future or past; the future is the side that deletes nothing.
        return overflow ? Int64.max : product &+ Int64(time.tv_nsec)
    }
}
