import Glibc

/// The number that a failed system call left behind.
package struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno`.
    package let code: Int32

    /// Takes a value of `errno`.
    package init(_ code: Int32) {
        self.code = code
    }

    /// `ENOENT`.
    package static let noSuchFile = Errno(ENOENT)
    /// `EEXIST`.
    package static let fileExists = Errno(EEXIST)
    /// `ENOTEMPTY`.
    package static let directoryNotEmpty = Errno(ENOTEMPTY)
    /// `EPERM`.
    package static let notPermitted = Errno(EPERM)
    /// `EROFS`.
    package static let readOnly = Errno(EROFS)
    /// `EINTR`.
    package static let interrupted = Errno(EINTR)
    /// `ELOOP`: a symbolic link stands where none is followed.
    package static let symbolicLink = Errno(ELOOP)
    /// `ENOTDIR`.
    package static let notADirectory = Errno(ENOTDIR)
    /// `EWOULDBLOCK`.
    package static let wouldBlock = Errno(EWOULDBLOCK)
    /// `EIO`.
    package static let inputOutput = Errno(EIO)
    /// `ENAMETOOLONG`.
    package static let nameTooLong = Errno(ENAMETOOLONG)

    /// Whether the disk, or the user's share of it, is full.
    package var isLackOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// Whether a file system does not lock what it was asked to lock.
    var isLackOfLocks: Bool { [EBADF, ENOLCK, EOPNOTSUPP, EINVAL, ENOSYS].contains(code) }

    /// The system's words for the number, in lower case.
    package var description: String {
        if self == .symbolicLink { return "a symbolic link, which is not followed" }
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }.lowercased()
    }
}
