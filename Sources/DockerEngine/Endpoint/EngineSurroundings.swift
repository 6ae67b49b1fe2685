/// What decides where the engine is when a pipeline does not say it.
package struct EngineSurroundings: Hashable, Sendable {
    /// The environment's variables.
    package let environment: [String: String]
    /// The home directory, where `.docker` lies.
    package let homeDirectory: String
    /// What stands before the paths of the system's own sockets; empty but in tests.
    package let rootDirectory: String

    /// Describes the surroundings.
    package init(environment: [String: String], homeDirectory: String, rootDirectory: String = "") {
        self.environment = environment
        self.homeDirectory = homeDirectory
        self.rootDirectory = rootDirectory
    }

    /// The value of a variable; `nil` where it is missing or empty, which `docker` does not tell apart.
    func variable(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// The directory of docker's own files: `DOCKER_CONFIG`, or `.docker` at home.
    var dockerDirectory: String { variable("DOCKER_CONFIG") ?? "\(homeDirectory)/.docker" }

    /// Where engines listen when nobody says otherwise, in the order in which they are looked for: Docker, Docker without root, Docker
    /// Desktop, Podman without root, Podman.
    var usualSockets: [String] {
        let runtime = variable("XDG_RUNTIME_DIR")
        return [
            "\(rootDirectory)/var/run/docker.sock",
            runtime.map { "\($0)/docker.sock" },
            "\(homeDirectory)/.docker/run/docker.sock",
            runtime.map { "\($0)/podman/podman.sock" },
            "\(rootDirectory)/run/podman/podman.sock",
        ].compactMap { $0 }
    }
}
