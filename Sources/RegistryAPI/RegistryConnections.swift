package import HookKit
import NIOCore
import NIOPosix
package import RegistryStorage
import Synchronization

/// The registries of a run, each connected when a rule first asks for it.
///
/// - Warning: call `shutdown()` when done: the connections and the thread behind them do not end by themselves.
package final class RegistryConnections: Registries {
    private struct Clients {
        var open: [RegistryAddress: RegistryClient] = [:]
        var group: MultiThreadedEventLoopGroup?
        var isShutDown = false
    }

    private let surroundings: RegistrySurroundings
    private let access: RegistryAccess
    private let limits: RegistryLimits
    private let now: @Sendable () -> Timestamp
    private let pause: @Sendable (Duration) async throws -> Void
    private let clients = Mutex(Clients())

    /// Prepares to connect; connects to nothing, and starts no thread.
    ///
    /// `pause` waits between two attempts; only tests give another.
    package init(
        _ surroundings: RegistrySurroundings,
        access: RegistryAccess,
        limits: RegistryLimits = RegistryLimits(),
        now: @escaping @Sendable () -> Timestamp,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.surroundings = surroundings
        self.access = access
        self.limits = limits
        self.now = now
        self.pause = pause
    }

    /// The registry at an address; connects to nothing yet.
    package func registry(at address: RegistryAddress) async throws -> any Registry { try client(for: address) }

    /// The registry that may serve a store, for its collector; connects to nothing yet.
    package func running(at address: String) throws -> any RunningRegistry {
        ServingRegistry(client: try client(for: RegistryAddress(address)))
    }

    /// The client for an address; connects to nothing yet.
    package func client(for address: RegistryAddress) throws(RegistryError) -> RegistryClient {
        try clients.withLock { clients throws(RegistryError) in
            guard !clients.isShutDown else {
                throw RegistryError(.unreachable, "the registry '\(address.name)' is not asked: the run is over")
            }
            if let client = clients.open[address] { return client }
            let endpoint = try RegistryEndpoint(address)
            let certificates = try RegistryCertificates(of: endpoint.name, named: address.authority, in: surroundings)
            let group = clients.group ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
            clients.group = group
            let credentials = DockerCredentials(surroundings)
            let transport = try RegistryTransport(
                endpoint: endpoint,
                certificates: certificates,
                proxies: RegistryProxies(surroundings),
                limits: limits,
                group: group,
                now: now,
                pause: pause
            ) {
                try await credentials.credential(for: endpoint.name)
            }
            let client = RegistryClient(transport: transport, access: access)
            clients.open[address] = client
            return client
        }
    }

    /// Closes the connections; a request that is still under way fails.
    package func shutdown() async {
        let (open, group) = clients.withLock { clients in
            clients.isShutDown = true
            defer { clients.open = [:] }
            return (clients.open, clients.group)
        }
        for client in open.values { await client.shutdown() }
        // It fails only when it is called a second time, and then there is nothing left to do.
        try? await group?.shutdownGracefully()
    }
}
