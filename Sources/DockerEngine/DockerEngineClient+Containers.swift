import FoundationEssentials
package import HookKit

/// Containers: `/containers`.
extension DockerEngineClient {
    /// Every container, in any state; on Podman those of builds and of other programs too, which its Docker-compatible listing leaves out.
    package func containers() async throws -> [EngineContainer] {
        async let others = externalContainers()
        let answer = try successful(try await get("/containers/json", [("all", "true")]))
        let listed = try decode([WireContainer]?.self, from: answer) ?? []
        let containers = try checked(answer) { () throws(WireFailure) in
            var containers: [EngineContainer] = []
            for element in listed { containers.append(try element.container()) }
            return containers
        }
        let known = Set(containers.map(\.id))
        return containers + (try await others).filter { !known.contains($0.id) }
    }

    /// The containers that only Podman's own API lists; empty on other engines.
    private func externalContainers() async throws -> [EngineContainer] {
        let dialect = try await dialect()
        guard let path = dialect.libpodPath("/containers/json") else { return [] }
        let request = EngineRequest.get(path, [("all", "true"), ("external", "true")], limit: limits.question)
        let answer = try successful(try await ask(request, dialect))
        let listed = try decode([WirePodmanContainer]?.self, from: answer) ?? []
        return try checked(answer) { () throws(WireFailure) in
            var containers: [EngineContainer] = []
            for element in listed where element.isExternal { containers.append(try element.container()) }
            return containers
        }
    }

    /// What the listing does not say of some containers; a container that is gone is missing from the result.
    package func inspectContainers(_ identifiers: [String]) async throws -> [String: EngineContainerDetails] {
        try await inspect(identifiers) { identifier in
            let answer = try await self.get("/containers/\(try self.component(identifier, of: "container"))/json")
            if answer.status == 404 { return nil }
            return try self.decode(WireContainerDetails.self, from: try self.successful(answer)).details
        }
    }

    /// Removes a container that does not run, without force; its anonymous volumes stay.
    package func removeContainer(_ identifier: String) async throws {
        try checkAccess(to: "remove the container '\(EngineAnswer.oneLine(identifier))'")
        let path = try await dialect().path("/containers/\(try component(identifier, of: "container"))")
        _ = try successful(try await command(.delete(path, [("v", "false"), ("force", "false")], limit: limits.removal)))
    }

    /// A name or an ID as a component of a path; one that a path would take for something else is refused.
    func component(_ name: String, of kind: String) throws(EngineError) -> String {
        guard let component = name.pathComponent else {
            throw EngineError(.notFound, "there is no \(kind) with the name '\(name)' that \(transport.subject) could be asked for")
        }
        return component
    }
}
