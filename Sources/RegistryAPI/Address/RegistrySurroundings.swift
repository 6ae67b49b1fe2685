/// What decides which credentials, certificates and proxies are used when nobody names them.
package struct RegistrySurroundings: Hashable, Sendable {
    /// The environment's variables.
    package let environment: [String: String]
    /// The home directory, where `.docker` lies.
    package let homeDirectory: String
    /// What stands before the paths of the system's own directories; empty but in tests.
    package let rootDirectory: String

    /// Describes the surroundings.
    package init(environment: [String: String], homeDirectory: String, rootDirectory: String = "") {
        self.environment = environment
        self.homeDirectory = homeDirectory
        self.rootDirectory = rootDirectory
    }

    /// The value of a variable; `nil` where it is missing or empty.
    func variable(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// The directory of docker's own files: `DOCKER_CONFIG`, or `.docker` at home.
    var dockerDirectory: String { variable("DOCKER_CONFIG") ?? "\(homeDirectory)/.docker" }

    /// The directories that may hold certificates for a registry, in the order in which they are looked for.
    func certificateDirectories(of registry: String) -> [String] {
        ["\(dockerDirectory)/certs.d", "\(rootDirectory)/etc/docker/certs.d", "\(rootDirectory)/etc/containers/certs.d"].map {
            "\($0)/\(registry)"
        }
    }
}
