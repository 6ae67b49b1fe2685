import AsyncHTTPClient
import HTTPTransport
import HookKit
import NIOPosix

/// The connections of a transport: straight ones, and those through the environment's proxies.
///
/// Through a proxy a tunnel is made (`CONNECT`), for addresses without TLS as well. Must be shut down before it goes.
struct RegistryClients: Sendable {
    /// How an address is asked.
    struct Way: Sendable {
        /// The connections.
        let client: HTTPClient
        /// The proxy that they go through.
        let proxy: RegistryProxy?
    }

    /// Runs tasks where the connections are served.
    let executor: EventLoopTaskExecutor

    private let straight: HTTPClient
    private let tunnels: [RegistryProxy: HTTPClient]
    private let proxies: RegistryProxies

    /// Prepares to connect; connects to nothing.
    init(_ configuration: HTTPClient.Configuration, proxies: RegistryProxies, group: MultiThreadedEventLoopGroup) {
        self.proxies = proxies
        executor = EventLoopTaskExecutor(group.next())
        straight = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        var tunnels: [RegistryProxy: HTTPClient] = [:]
        for proxy in proxies.all {
            var configuration = configuration
            var authorization: HTTPClient.Authorization?
            if case .password(let user, let secret)? = proxy.credential { authorization = .basic(username: user, password: secret) }
            configuration.proxy = .server(host: proxy.host, port: proxy.port, authorization: authorization)
            tunnels[proxy] = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        }
        self.tunnels = tunnels
    }

    /// How an address is asked; throws where the environment names a proxy for it that cannot be used.
    func way(to address: WebAddress) throws(RegistryError) -> Way {
        guard let proxy = try proxies.proxy(for: address), let tunnel = tunnels[proxy] else { return Way(client: straight, proxy: nil) }
        return Way(client: tunnel, proxy: proxy)
    }

    /// Closes the connections.
    func shutdown() async {
        for client in [straight] + tunnels.values {
            // It fails only when it is called a second time, and then there is nothing left to do.
            try? await client.shutdown()
        }
    }
}
