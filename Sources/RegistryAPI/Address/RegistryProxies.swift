import HookKit

/// Which proxy leads where, as docker takes it from the environment.
///
/// Source: golang.org/x/net/http/httpproxy: `HTTPS_PROXY` is for addresses with TLS and `HTTP_PROXY` for those without, in capitals or not; what
/// `NO_PROXY` names is asked straight, and so is always this machine's loopback.
struct RegistryProxies: Sendable {
    private let variables: [WebAddress.Scheme: (name: String, value: String)]
    private let exceptions: [ProxyException]

    /// Takes the variables of the surroundings.
    init(_ surroundings: RegistrySurroundings) {
        func first(of names: String...) -> (name: String, value: String)? {
            names.lazy.compactMap { name in surroundings.variable(name).map { (name: name, value: $0) } }.first
        }
        var variables: [WebAddress.Scheme: (name: String, value: String)] = [:]
        variables[.https] = first(of: "HTTPS_PROXY", "https_proxy")
        variables[.http] = first(of: "HTTP_PROXY", "http_proxy")
        self.variables = variables
        let list = first(of: "NO_PROXY", "no_proxy")?.value ?? ""
        exceptions = list.split(separator: ",").compactMap { ProxyException($0) }
    }

    /// Every proxy that can be used; what is wrong with another is said when it is needed.
    var all: [RegistryProxy] { variables.values.compactMap { try? RegistryProxy($0.value, variable: $0.name) } }

    /// The proxy through which an address is asked, `nil` for none; throws where the environment names one that cannot be used.
    func proxy(for address: WebAddress) throws(RegistryError) -> RegistryProxy? {
        guard let variable = variables[address.scheme] else { return nil }
        guard !address.isLoopback, !exceptions.contains(where: { $0.matches(address) }) else { return nil }
        return try RegistryProxy(variable.value, variable: variable.name)
    }
}
