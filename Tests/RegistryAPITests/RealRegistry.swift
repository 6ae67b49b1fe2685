import Foundation
import HookKit
import HookTesting
import OCI
import RegistryAPI
import Testing

/// `docker-registry serve` on a free loopback port, which ends with the test.
final class RealRegistry: Sendable {
    /// How a registry is set up.
    struct Setup: Sendable {
        var deletes = true
        var isReadOnly = false
        /// Name and password of the one user.
        var hasUser = false
        /// Certificate and key, as paths.
        var certificate: (certificate: String, key: String)?
        /// Lines under `auth`.
        var authentication: String?
        /// The directory to store in; one of its own where none is given.
        var storage: String?
    }

    static let user = RegistryServer.user
    static let password = RegistryServer.password

    /// Says whether one can be started, or must be.
    static let isThere =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry")
        || ProcessInfo.processInfo.environment["HOOK_TESTS_REQUIRE_SERVICES"] == "1"

    let directory: TemporaryDirectory
    let setup: Setup
    private let server: RegistryServer

    /// Starts a registry, hands it over, and ends it.
    static func withOne(_ setup: Setup = Setup(), _ body: (RealRegistry) async throws -> Void) async throws {
        let registry = try await RealRegistry(setup)
        let result: Result<Void, any Error>
        do {
            try await body(registry)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await registry.stop()
        try result.get()
    }

    init(_ setup: Setup) async throws {
        self.setup = setup
        directory = try TemporaryDirectory()
        var configuration = RegistryServer.Configuration()
        configuration.deletes = setup.deletes
        configuration.isReadOnly = setup.isReadOnly
        configuration.tls = setup.certificate
        configuration.authentication = setup.authentication
        if setup.hasUser {
            configuration.passwords = try directory.write(RegistryServer.passwordLine, to: "htpasswd")
        }
        server = try RegistryServer(root: setup.storage ?? directory["store"], configuration)
        try await server.start()
    }

    /// Ends the registry.
    func stop() async throws { try await server.stop() }

    /// The port on 127.0.0.1.
    var port: Int { name.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    /// The name as references have it.
    var name: String { server.address }

    private var curl: [String] {
        var arguments = ["curl", "-s", "-S", "-f", "--noproxy", "*"]
        if setup.hasUser { arguments += ["-u", "\(Self.user):\(Self.password)"] }
        if setup.certificate != nil { arguments += ["-k"] }
        return arguments
    }

    private var base: String { "\(server.url)/v2" }

    private func run(_ arguments: [String], input: Data = Data()) async throws -> String {
        let outcome = try await runProcess(curl + arguments, input: .bytes(Array(input)))
        try #require(outcome.exitCode == 0, "\(outcome)")
        return outcome.standardOutput
    }

    /// Puts content into a repository, under a tag or without one.
    @discardableResult
    func push(_ content: TestContent, to repository: String, tag: String? = nil, bearer: String? = nil) async throws -> Digest {
        let token = bearer.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
        for child in content.children { try await push(child, to: repository, bearer: bearer) }
        for blob in content.blobs {
            let head = try await run(token + ["-X", "POST", "-D", "-", "-o", "/dev/null", "\(base)/\(repository)/blobs/uploads/"])
            let line = try #require(head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("location:") })
            let location = line.dropFirst("location:".count).trimmingPrefix { $0.isWhitespace }
            let sign = location.contains("?") ? "&" : "?"
            _ = try await run(
                token + [
                    "-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@-",
                    "\(location)\(sign)digest=\(TestContent.digest(blob))",
                ],
                input: blob
            )
        }
        _ = try await run(
            token + [
                "-X", "PUT", "-H", "Content-Type: \(content.mediaType)", "--data-binary", "@-",
                "\(base)/\(repository)/manifests/\(tag ?? content.digest.description)",
            ],
            input: content.manifest
        )
        return content.digest
    }
}
