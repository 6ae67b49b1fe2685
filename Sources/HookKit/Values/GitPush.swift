/// What git is about to push.
///
/// Source: githooks(5), "pre-push".
public struct GitPush: Hashable, Sendable {
    /// A ref that is to be pushed.
    public struct Ref: Hashable, Sendable {
        /// The local ref's whole name; `nil` where the remote's is to be deleted.
        public let local: String?
        /// Its commit or object; `nil` where the remote's is to be deleted.
        public let localObject: String?
        /// The whole name of the ref in the remote repository.
        public let remote: String
        /// What that names now; `nil` where it is new.
        public let remoteObject: String?

        /// Describes a ref.
        public init(local: String?, localObject: String?, remote: String, remoteObject: String?) {
            self.local = local
            self.localObject = localObject
            self.remote = remote
            self.remoteObject = remoteObject
        }

        /// The short name of the branch that is pushed; `nil` for a tag, a deletion, or a commit without a branch.
        public var branch: String? {
            guard let local, local.hasPrefix("refs/heads/") else { return nil }
            return String(local.dropFirst("refs/heads/".count))
        }

        /// The short name of the branch in the remote repository that is pushed to or deleted; `nil` where it is no branch.
        public var remoteBranch: String? {
            remote.hasPrefix("refs/heads/") ? String(remote.dropFirst("refs/heads/".count)) : nil
        }

        /// Says whether it is a tag, here as well as in the remote repository.
        public var isTag: Bool { remote.hasPrefix("refs/tags/") && local?.hasPrefix("refs/heads/") != true }
    }

    /// The remote's name; its address where it has none.
    public let remote: String
    /// The remote's address, without names and passwords.
    public let address: String?
    /// What is pushed, in git's order.
    public let refs: [Ref]

    /// Describes a push.
    public init(remote: String, address: String?, refs: [Ref]) {
        self.remote = remote
        self.address = address
        self.refs = refs
    }
}
