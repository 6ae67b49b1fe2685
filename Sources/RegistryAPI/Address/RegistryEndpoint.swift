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
        var text = Substring(address.name)
        var schemes: [WebAddress.Scheme]?
        for scheme in [WebAddress.Scheme.https, .http] where text.lowercased().hasPrefix("\(scheme.rawValue)://") {
            text = text.dropFirst(scheme.rawValue.count + 3)
            schemes = [scheme]
            break
        }
        if text.hasSuffix("/") { text = text.dropLast() }
        let given = String(text)
        let name = given == "index.docker.io" || given == Self.dockerHub ? ImageReference.defaultRegistry : given
        guard let base = WebAddress("https://\(name)"), base.target == "/", !name.contains("/"), Self.isRegistry(name) else {
            throw RegistryError(
                .configuration,
                "'\(address.name)' is no name of a registry; write it as 'registry.local:5000', or with 'http://' or 'https://' in front"
            )
        }
        let host = name == ImageReference.defaultRegistry ? Self.dockerHub : base.host
        let isOpen = base.isLoopback || address.security == .optional
        let port: Int? = name.hasSuffix(":\(base.port)") ? base.port : nil
        // Docker asks by TLS first too, and by plain HTTP only where that is not spoken.
        candidates = (schemes ?? (isOpen ? [.https, .http] : [.https])).map { WebAddress(scheme: $0, host: host, port: port, target: "/") }
        mayBePlain = candidates.contains { $0.scheme == .http }
        self.name = name
    }

    /// Says whether a reference can name the registry; without a port, a single word can only stand in an address.
    private static func isRegistry(_ name: String) -> Bool {
        let named = name.contains(":") ? name : "\(name):443"
        return ImageReference("\(named)/x")?.registry == named
    }
}
