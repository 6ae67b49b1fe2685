/// Registries that speak the OCI Distribution API.
public protocol Registries: Sendable {
    /// The registry at an address; connects to nothing yet.
    ///
    /// Throws `RegistryError` where the address, or what belongs to it, is wrong.
    func registry(at address: RegistryAddress) async throws -> any Registry
}

/// Where a registry is, and how far its connection is trusted.
public struct RegistryAddress: Hashable, Sendable {
    /// How a registry may be spoken to.
    public enum Security: Hashable, Sendable {
        /// By TLS alone; a registry on this machine's loopback may speak plain HTTP.
        case required
        /// By plain HTTP where it speaks no TLS.
        case optional
    }

    /// The name as image references have it, `registry.local:5000`, or with `http://` or `https://` in front.
    public var name: String
    /// How it may be spoken to.
    public var security: Security
    /// The path of a file in PEM with the authorities that its certificate may come from; `nil` for those of the system and of docker.
    public var authority: String?

    /// Names a registry.
    public init(_ name: String, security: Security = .required, authority: String? = nil) {
        self.name = name
        self.security = security
        self.authority = authority
    }
}
