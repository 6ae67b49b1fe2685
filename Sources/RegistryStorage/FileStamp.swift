/// The identity of one version of a file: it differs after the file was written, replaced or renamed.
package struct FileStamp: Hashable, Sendable {
    /// The number of the inode.
    package let inode: UInt64
    /// When the inode last changed, in nanoseconds since 1970.
    package let changed: Int64
}
