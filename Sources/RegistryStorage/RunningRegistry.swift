package import OCI

/// The registry that serves a store while the store is collected, as far as a collector must talk to it.
package protocol RunningRegistry: Sendable {
    /// Works out whether pushes can happen.
    ///
    /// Nothing is written.
    func state() async -> RunningRegistryState

    /// The tags that `GET /v2/<name>/tags/list` lists; `nil` where it does not say.
    func tags(of repository: String) async -> [String]?

    /// Asks by `HEAD /v2/<name>/blobs/<digest>` whether the registry believes that a repository has a blob; `nil` where it does not say.
    func hasBlob(_ digest: Digest, in repository: String) async -> Bool?

    /// Drops a repository's link to a blob, and what the registry remembers of it, by `DELETE /v2/<name>/blobs/<digest>`.
    func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome
}

/// What a registry answers when it is asked whether pushes can happen.
package enum RunningRegistryState: Hashable, Sendable {
    /// Nothing answers at the address: the connection was refused.
    case stopped
    /// It answers, and refuses uploads.
    case readOnly
    /// It answers and takes uploads.
    case writable
    /// Something else came back; the words say what.
    case unclear(String)
}

/// What became of a request to drop a link.
package enum BlobUnlinkOutcome: Hashable, Sendable {
    /// The link is gone, and the registry has forgotten it.
    case unlinked
    /// The registry did not know of the link.
    case unknown
    /// The registry does not delete.
    case notAllowed
    /// The request failed; the words say how.
    case failed(String)
}
