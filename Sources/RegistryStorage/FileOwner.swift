/// The user and the group that a file belongs to.
package struct FileOwner: Hashable, Sendable {
    /// The number of the user.
    package let user: UInt32
    /// The number of the group.
    package let group: UInt32
}
