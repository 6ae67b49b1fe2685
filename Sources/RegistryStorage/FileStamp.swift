/// The identity of one version of a file: it differs after the file was written or replaced, and stays when the file is renamed.
package struct FileStamp: Hashable, Sendable {
    /// The number of the inode.
    package let inode: UInt64
    /// When the content was last written, in nanoseconds since 1970.
    package let written: Int64
}
