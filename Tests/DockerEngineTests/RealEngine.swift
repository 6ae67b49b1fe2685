import DockerEngine
import FoundationEssentials
import HookKit
import HookTesting
import OCI
import Synchronization
import Testing

/// A real engine that `ci/services` started, whose address stands in the environment.
///
/// Other tests may use the same engine at the same time, so a test makes its own images, under names that nobody else has.
final class RealEngine: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case docker = "HOOK_TEST_DOCKER"
        case podman = "HOOK_TEST_PODMAN"

        /// The address; `nil` where none runs.
        var host: String? { ProcessInfo.processInfo.environment[rawValue] }
    }

    /// The engines to test with: those that run, and where none may be missing, all, so that a missing one fails.
    static let kinds = Kind.allCases.filter {
        $0.host != nil || ProcessInfo.processInfo.environment["HOOK_TESTS_REQUIRE_SERVICES"] == "1"
    }

    let kind: Kind
    let client: DockerEngineClient
    /// A name that only this test uses, as the first part of repositories and of everything else.
    let name = "hook-test-\(UInt32.random(in: .min ... .max))"
    private let host: String
    private let directory: TemporaryDirectory
    private let madeImages = Mutex<[Digest]>([])

    /// Hands over an engine with a client, and removes afterwards what the test made.
    static func withOne(_ kind: Kind, access: EngineAccess = .readWrite, _ body: (RealEngine) async throws -> Void) async throws {
        let engine = try RealEngine(kind, access: access)
        let result: Result<Void, any Error>
        do {
            try await body(engine)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await engine.clean()
        await engine.client.shutdown()
        try result.get()
    }

    private init(_ kind: Kind, access: EngineAccess) throws {
        self.kind = kind
        host = try #require(kind.host, "\(kind.rawValue) names no engine; start one with ci/services")
        directory = try TemporaryDirectory()
        client = try Self.client(host: host, access: access)
    }

    /// A client of its own for the engine.
    static func client(host: String, access: EngineAccess) throws -> DockerEngineClient {
        let endpoint = try EngineEndpoint.find(host: host, in: EngineSurroundings(environment: [:], homeDirectory: "/nonexistent"))
        return try DockerEngineClient(endpoint: endpoint, access: access)
    }

    // MARK: The docker client

    /// Runs the docker client; what it wrote, without white space at its end.
    @discardableResult
    func docker(_ arguments: String..., input: [UInt8]? = nil) async throws -> String {
        let outcome = try await run(["docker"] + arguments, input: input)
        try #require(outcome.exitCode == 0, "\(outcome)")
        return outcome.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
    }

    /// Makes an image from a file whose content tells it from every other; its ID.
    @discardableResult
    func importImage(_ tag: String? = nil, content: String, labels: [String: String] = [:]) async throws -> Digest {
        try directory.write("\(name) \(content)", to: "import/content")
        return try await importTree("import", tag: tag, labels: labels)
    }

    /// Makes an image that can run `sh`; its ID.
    @discardableResult
    func importShell(_ tag: String) async throws -> Digest {
        try directory.write(name, to: "shell/name")
        let copied = try await run(["sh", "-c", "mkdir -p shell/bin && cp \"$(command -v busybox)\" shell/bin/sh"])
        try #require(copied.exitCode == 0, "\(copied)")
        return try await importTree("shell", tag: tag, labels: [:])
    }

    /// Builds an image by the classic builder; its ID.
    @discardableResult
    func build(_ tag: String?, _ dockerfile: String) async throws -> Digest {
        try directory.write(dockerfile, to: "build/Dockerfile")
        let tags = tag.map { ["--tag", "\(name)/\($0)"] } ?? []
        let outcome = try await run(["docker", "build", "--network", "none", "--iidfile", "id"] + tags + ["build"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return try made(try directory.text(of: "id"))
    }

    /// Builds with BuildKit and keeps the result in its cache only.
    func fillBuildCache(_ dockerfile: String) async throws {
        try directory.write(dockerfile, to: "cache/Dockerfile")
        try directory.write(name, to: "cache/name")
        // A client without the plugin buildx refuses BuildKit; Debian's has it built in.
        let script = "docker build --network none -q cache || /usr/bin/docker build --network none -q cache"
        let outcome = try await run(["sh", "-c", script], changing: ["DOCKER_BUILDKIT": "1"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        try made(outcome.standardOutput)
    }

    // MARK: Looking

    /// A reference in this test's repositories.
    func reference(_ tag: String) throws -> ImageReference { try #require(ImageReference("\(name)/\(tag)")) }

    /// The image with an ID, as it is listed now.
    func image(_ id: Digest) async throws -> EngineImage? { try await client.images(.current).first { $0.id == id } }

    /// The container with a name, as it is listed now.
    func container(_ name: String) async throws -> EngineContainer? { try await client.containers().first { $0.names == [name] } }

    // MARK: Inside

    private func importTree(_ tree: String, tag: String?, labels: [String: String]) async throws -> Digest {
        let packed = try await run(["tar", "-C", tree, "-cf", "tree.tar", "."])
        try #require(packed.exitCode == 0, "\(packed)")
        let changes = labels.flatMap { ["--change", "LABEL \($0.key)=\($0.value)"] }
        let command = ["docker", "import"] + changes + ["-"] + (tag.map { ["\(name)/\($0)"] } ?? [])
        let outcome = try await run(command, input: try directory.bytes(of: "tree.tar"))
        try #require(outcome.exitCode == 0, "\(outcome)")
        return try made(outcome.standardOutput)
    }

    @discardableResult
    private func made(_ output: String) throws -> Digest {
        // Podman writes the ID twice on one line, and without `sha256:`.
        let word = try #require(output.split { $0.isWhitespace }.last.map(String.init), "no ID in '\(output)'")
        let id = try #require(Digest(word) ?? Digest(algorithm: .sha256, hex: word), "no ID in '\(output)'")
        madeImages.withLock { $0.append(id) }
        return id
    }

    private func run(_ arguments: [String], input: [UInt8]? = nil, changing: [String: String?] = [:]) async throws -> ProcessOutcome {
        let variables: [String: String?] = [
            "DOCKER_HOST": host, "DOCKER_BUILDKIT": "0", "DOCKER_CONTEXT": nil, "DOCKER_TLS_VERIFY": nil, "DOCKER_CERT_PATH": nil,
            "DOCKER_API_VERSION": nil, "DOCKER_CONFIG": directory.path,
        ]
        return try await runProcess(
            arguments,
            environment: .inherited(changing: variables.merging(changing) { _, new in new }),
            directory: directory.path,
            input: input.map { .bytes($0) } ?? .nothing
        )
    }

    /// Removes what the test made, as far as it is still there.
    private func clean() async throws {
        for container in try await client.containers() where container.names.contains(where: { $0.hasPrefix(name) }) {
            _ = try await run(["docker", "rm", "--force", "--volumes", container.id])
        }
        for volume in try await client.volumes() where volume.name.hasPrefix(name) {
            _ = try await run(["docker", "volume", "rm", volume.name])
        }
        for network in try await client.networks() where network.name.hasPrefix(name) {
            _ = try await run(["docker", "network", "rm", network.name])
        }
        // The newest first: it may be made from those before it.
        for id in madeImages.withLock({ $0.reversed() }) { _ = try await run(["docker", "rmi", "--force", id.hex]) }
    }
}
