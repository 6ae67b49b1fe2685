/// How a connection to an engine is secured: files in PEM, as `docker` keeps them.
package struct EngineTLS: Hashable, Sendable {
    /// Says whether the engine's own certificate is looked at.
    package enum Verification: Hashable, Sendable {
        /// It must come from the authority, and for the host.
        case full
        /// Any is taken: what `DOCKER_TLS` without `DOCKER_TLS_VERIFY` asks for, and a context with `SkipTLSVerify`.
        case none
    }

    /// The authority's certificates; `nil` for those of the system.
    package let authority: String?
    /// The client's certificate; `nil` where the client shows none.
    package let certificate: String?
    /// The key of the client's certificate; there exactly when that is.
    package let key: String?
    /// Says whether the engine's own certificate is looked at.
    package let verification: Verification

    /// Describes how a connection is secured.
    package init(authority: String?, certificate: String?, key: String?, verification: Verification) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.verification = verification
    }
}
