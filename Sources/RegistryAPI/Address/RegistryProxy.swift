import HTTPTransport
import HookKit

/// A proxy that carries connections on: `http://name:password@proxy.local:3128`.
struct RegistryProxy: Hashable, Sendable {
    /// The host, an IPv6 address without its brackets.
    let host: String
    /// The port.
    let port: Int
    /// What it is shown; `nil` where nothing is.
    let credential: RegistryCredential?
    /// The variable of the environment that names it.
    let variable: String

    /// The host and the port, for messages.
    var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads the value of a variable; what is no such proxy is refused in one sentence, without its password.
    init(_ text: String, variable: String) throws(RegistryError) {
        let refusal = RegistryError(
            .configuration,
            "the proxy in '\(variable)' cannot be used: write it as 'http://proxy.local:3128', with 'name:password@' before the host where it wants them"
        )
        var rest = Substring(text)
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else { throw refusal }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { !"/?#".contains($0) }
        var credential: RegistryCredential?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).percentDecoded }
            guard let user = parts[0], let secret = parts.count == 2 ? parts[1] : "" else { throw refusal }
            credential = .password(user: user, secret: secret)
            rest = rest[rest.index(after: at)...]
        }
        guard let address = WebAddress("http://\(rest)") else { throw refusal }
        host = address.host.trimmingBrackets
        port = address.port
        self.credential = credential
        self.variable = variable
    }
}

extension String {
    /// A host without the brackets of an IPv6 address.
    var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
