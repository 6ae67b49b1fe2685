/// Why a tar archive could not be gone through.
enum TarProblem: Error, Hashable {
    /// The input does not begin as an archive does.
    case notAnArchive
    /// The input ends at this byte, in the middle of something.
    case truncated(at: Int64)
    /// What stands at this byte is no header.
    case damaged(at: Int64)
    /// A file that should be small is not.
    case tooLong(String)
}
