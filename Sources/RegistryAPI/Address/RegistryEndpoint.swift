import HookKit
import OCI

/// Where a registry listens, and how it may be spoken to.
struct RegistryEndpoint: Hashable, Sendable {
    /// The name as image references have it: `registry.local:5000`.
    let name: String
    /// The addresses to try, the best first; their targets are empty of meaning.
    let candidates: [WebAddress]
    /// Says whether plain HTTP was named by the user, or is one of two ways.
    let mayBePlain: Bool

    /// Where Docker Hub's registry listens, whose name is another.
    private static let dockerHub = "registry-1.docker.io"

    /// Reads an address; what is none is refused in one sentence.
    init(_ address: RegistryAddress) throws(RegistryError) {
        let given = RegistryName(address.name)
        let isHub = given?.name == "index.docker.io" || given?.name == Self.dockerHub
        guard let given, let base = WebAddress("https://\(isHub ? ImageReference.defaultRegistry : given.name)"), base.target == "/" else {
            throw RegistryError(
                .configuration,
                "'\(address.name)' is no name of a registry; write it as 'registry.local:5000', or with 'http://' or 'https://' in front"
            )
        }
        let name = isHub ? ImageReference.defaultRegistry : given.name
        let schemes = given.scheme.map { [$0 == .https ? WebAddress.Scheme.https : .http] }
        let host = name == ImageReference.defaultRegistry ? Self.dockerHub : base.host
        let isOpen = base.isLoopback || address.security == .optional
        let port: Int? = name.hasSuffix(":\(base.port)") ? base.port : nil
        // Docker asks by TLS first too, and by plain HTTP only where that is not spoken.
        candidates = (schemes ?? (isOpen ? [.https, .http] : [.https])).map { WebAddress(scheme: $0, host: host, port: port, target: "/") }
        mayBePlain = candidates.contains { $0.scheme == .http }
        self.name = name
    }
}
