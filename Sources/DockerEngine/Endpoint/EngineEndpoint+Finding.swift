import FoundationEssentials
package import HookKit

extension EngineEndpoint {
    /// Finds the engine as `docker` does: an explicit host, DOCKER_HOST, DOCKER_CONTEXT, the current context of docker's `config.json`, the
    /// usual sockets.
    ///
    /// Where no usual socket is there, the first is returned, so that the failure to reach it names it. Reads files below docker's directory, and
    /// looks whether sockets exist; connects to nothing.
    package static func find(host: String?, in surroundings: EngineSurroundings) throws(EngineError) -> EngineEndpoint {
        if let host {
            var endpoint = try EngineEndpoint(host: host, origin: .pipeline, in: surroundings)
            endpoint.docker = endpoint.dockerCommand(in: surroundings)
            return endpoint
        }
        if let endpoint = try configured(in: surroundings) { return endpoint }
        let candidates = surroundings.usualSockets
        let found = candidates.first { path in
            var isDirectory = false
            // A directory lies there when a container once asked for the socket of an engine that did not run.
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory
        }
        return EngineEndpoint(address: .unixSocket(path: found ?? candidates[0]), origin: .usualSocket)
    }

    /// The engine that the environment or the current context names; `nil` where neither does.
    private static func configured(in surroundings: EngineSurroundings) throws(EngineError) -> EngineEndpoint? {
        if let host = surroundings.variable("DOCKER_HOST") { return try EngineEndpoint(host: host, origin: .dockerHost, in: surroundings) }
        let contexts = DockerContexts(directory: surroundings.dockerDirectory)
        if let name = surroundings.variable("DOCKER_CONTEXT") {
            return name == DockerContexts.defaultName ? nil : try contexts.endpoint(of: name, namedBy: "DOCKER_CONTEXT")
        }
        guard let name = try contexts.currentName(), name != DockerContexts.defaultName else { return nil }
        return try contexts.endpoint(of: name, namedBy: "currentContext in '\(contexts.configurationFile)'")
    }

    /// How `docker` has to be called in the same surroundings so that it speaks with this engine.
    ///
    /// What it takes by itself is compared by its address alone: two addresses of one engine are named, which does no harm. DOCKER_TLS_VERIFY,
    /// DOCKER_TLS and DOCKER_CERT_PATH apply to `-H` as well; where only the address asks for TLS, the command has to, and `docker` cannot do
    /// without an authority of its own.
    private func dockerCommand(in surroundings: EngineSurroundings) -> String {
        let own: EngineEndpoint?
        do {
            let named = try Self.configured(in: surroundings)
            own = named ?? EngineEndpoint(address: .unixSocket(path: surroundings.usualSockets[0]), origin: .usualSocket)
        } catch {
            // What is wrong there is no matter of this engine, and `docker` by itself does not reach it.
            own = nil
        }
        if let own, own.address == address, own.basePath == basePath, own.tls == tls { return "docker" }
        let isAsked = surroundings.variable("DOCKER_TLS_VERIFY") != nil || surroundings.variable("DOCKER_TLS") != nil
        let verification = tls?.authority != nil && !isAsked ? " --tlsverify" : ""
        return "docker\(verification) -H \(ShellWord.quoted(description))"
    }

    /// Reads a host such as `unix:///run/docker.sock` or `tcp://build1:2376`; the variables for TLS apply to those that are no socket.
    init(host: String, origin: Origin, in surroundings: EngineSurroundings) throws(EngineError) {
        let host = try HostText(host, origin: origin)
        let tls = try host.isSocket ? nil : Self.tls(in: surroundings, isAsked: host.scheme == "https")
        self = try host.endpoint(tls: tls)
    }

    /// The certificates that DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH name; `nil` where nothing asks for TLS.
    ///
    /// Source: docker/cli, `cli/flags/options.go`: any value switches on, even `0`; certificates that are missing are left out,
    /// the authority is not.
    private static func tls(in surroundings: EngineSurroundings, isAsked: Bool) throws(EngineError) -> EngineTLS? {
        let verifies = surroundings.variable("DOCKER_TLS_VERIFY") != nil
        guard verifies || surroundings.variable("DOCKER_TLS") != nil || isAsked else { return nil }
        let directory = surroundings.variable("DOCKER_CERT_PATH") ?? surroundings.dockerDirectory
        let files = CertificateFiles(directory: directory)
        guard files.authority != nil || !verifies else {
            throw EngineError(
                .configuration,
                "DOCKER_TLS_VERIFY is set, but there is no '\(directory)/ca.pem' to verify the engine with; "
                    + "set DOCKER_CERT_PATH to the directory of ca.pem, cert.pem and key.pem"
            )
        }
        return try files.tls(verification: verifies || surroundings.variable("DOCKER_TLS") == nil ? .full : .none)
    }
}
