import HookKit
import HookTesting
import RegistryAPI
import Synchronization

/// Connections of a test: without anybody's credentials, and with pauses that are noted and not waited for.
final class TestConnections: Sendable {
    let directory: TemporaryDirectory
    let registries: RegistryConnections

    static let now = Timestamp(seconds: 1_793_520_000)

    /// Makes connections, hands them over, and closes them.
    ///
    /// - Parameters:
    ///   - configuration: docker's `config.json`.
    ///   - files: further files in docker's directory.
    static func withOne(
        configuration: String? = nil,
        environment: [String: String] = [:],
        access: RegistryAccess = .readWrite,
        limits: RegistryLimits = RegistryLimits(),
        _ body: (TestConnections) async throws -> Void
    ) async throws {
        let connections = try TestConnections(configuration, environment, access, limits)
        let result: Result<Void, any Error>
        do {
            try await body(connections)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await connections.registries.shutdown()
        try result.get()
    }

    private init(_ configuration: String?, _ environment: [String: String], _ access: RegistryAccess, _ limits: RegistryLimits) throws {
        directory = try TemporaryDirectory()
        if let configuration { try directory.write(configuration, to: ".docker/config.json") }
        let holder = PauseHolder()
        var limits = limits
        // A machine with more tests than cores lets a handshake wait.
        limits.connection = .seconds(60)
        registries = RegistryConnections(
            RegistrySurroundings(
                environment: environment,
                homeDirectory: directory.path,
                rootDirectory: directory["root"]
            ),
            access: access,
            limits: limits,
            now: { Self.now },
            pause: { holder.note($0) }
        )
        self.holder = holder
    }

    private let holder: PauseHolder

    private final class PauseHolder: Sendable {
        let pauses = Mutex<[Duration]>([])
        func note(_ pause: Duration) { pauses.withLock { $0.append(pause) } }
    }

    /// The pauses so far.
    var pauses: [Duration] { holder.pauses.withLock { $0 } }

    /// A client.
    func client(
        _ name: String,
        security: RegistryAddress.Security = .required,
        authority: String? = nil
    ) throws -> RegistryClient {
        try registries.client(for: RegistryAddress(name, security: security, authority: authority))
    }
}
