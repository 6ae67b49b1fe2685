import FoundationEssentials
package import HookKit

/// Which engine this is, and what time it is there: `/info`, `/version`.
extension DockerEngineClient {
    /// Asks which engine this is.
    ///
    /// Docker's ID stays, but up to 20.10 all engines of a host share one (it comes from `/etc/docker/key.json`), so the directory of the storage
    /// belongs to it. Podman makes a new ID for every answer; its host's name stands for it.
    func fetchIntroduction() async throws -> EngineIntroduction {
        let dialect = try await dialect()
        let asked = ContinuousClock.now
        async let informationNow = document(WireInformation.self, at: "/info", limit: limits.introduction)
        async let versionNow = versionOfPodman(dialect)
        let information = try await informationNow
        let received = ContinuousClock.now
        let early = try await versionNow
        let other = try await versionOfOthers(information, dialect)
        let version = early ?? other
        let name = information.name ?? ""
        let root = information.root ?? ""
        let podman = version?.components?.first { $0.name == "Podman Engine" }
        let isPodman = dialect.isPodman || podman != nil
        let identifier: String
        if isPodman {
            identifier = "podman:\(name):\(root)"
        } else if let id = information.id, !id.isEmpty {
            identifier = "\(id):\(root)"
        } else {
            throw EngineError(.badAnswer, "\(transport.subject) does not say its ID, so what it does cannot be told from what others do")
        }
        // `20.10.24+dfsg1`: what follows the plus is the packager's.
        let number = ((isPodman ? podman?.version : nil) ?? version?.version ?? information.version ?? "").split(separator: "+").first ?? ""
        let product = isPodman ? "Podman" : "Docker"
        let usesContainerd = information.driverStatus?.contains { $0.contains("io.containerd.snapshotter.v1") } ?? false
        let identity = EngineIdentity(
            identifier: identifier,
            name: name,
            product: number.isEmpty ? product : "\(product) \(number)",
            apiVersion: dialect.version.description,
            imageStore: isPodman ? .podman : usesContainerd ? .containerd : .classic,
            endpoint: transport.endpoint.description,
            docker: transport.endpoint.docker
        )
        return EngineIntroduction(identity: identity, time: information.time?.moment, received: received, delay: received - asked)
    }

    /// What Podman says of its version, which nothing else says; `nil` for Docker.
    private func versionOfPodman(_ dialect: EngineDialect) async throws -> WireVersion? {
        guard dialect.isPodman else { return nil }
        return try await document(WireVersion.self, at: "/version", limit: limits.introduction)
    }

    /// What an engine says of its version that is not Podman by its dialect; `nil` where it has said enough.
    ///
    /// Docker says its version with all else, and starts programs to answer this.
    private func versionOfOthers(_ information: WireInformation, _ dialect: EngineDialect) async throws -> WireVersion? {
        guard !dialect.isPodman, information.version?.isEmpty ?? true || information.buildahVersion != nil else { return nil }
        return try await document(WireVersion.self, at: "/version", limit: limits.introduction)
    }

    /// The earliest and the latest that the engine's clock can show now; `nil` where the engine does not say what time it is.
    package func timeNow() async throws -> ClosedRange<Timestamp>? { try await introduce().timeNow() }

    /// The earliest and the latest that the engine's clock can show now.
    func engineTime() async throws -> ClosedRange<Timestamp> {
        guard let time = try await timeNow() else {
            throw EngineError(.badAnswer, "\(transport.subject) does not say what time it is there, so its events cannot be placed")
        }
        return time
    }
}
