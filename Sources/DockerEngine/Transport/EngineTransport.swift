import AsyncHTTPClient
import HTTPTransport
import HookKit
import NIOCore
import NIOHTTP1
import NIOPosix

/// Carries requests to an engine and whole answers back, over connections that are kept.
///
/// Must be shut down before it goes.
struct EngineTransport: Sendable {
    /// Where the engine is.
    let endpoint: EngineEndpoint
    /// The limits.
    let limits: EngineLimits

    private let client: HTTPClient
    private let group: MultiThreadedEventLoopGroup
    private let executor: EventLoopTaskExecutor
    private let slots: RequestSlots

    /// Prepares to reach an engine; reads its certificates and connects to nothing.
    init(endpoint: EngineEndpoint, limits: EngineLimits) throws(EngineError) {
        self.endpoint = endpoint
        self.limits = limits
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try endpoint.tls?.configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .nanoseconds(limits.connection.nanosecondCount)
        configuration.httpVersion = .http1Only
        // A socket that is not there will not be there a second later.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .nanoseconds(limits.idleConnection.nanosecondCount)
        // The slots are what bounds requests; watches come on top.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.parallelRequests + 32
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        executor = EventLoopTaskExecutor(group.next())
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        slots = RequestSlots(count: limits.parallelRequests)
    }

    /// Closes the connections, and ends the thread that served them.
    func shutdown() async {
        // Both fail only when they are called a second time, and then there is nothing left to do.
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }

    /// Sends a question and waits for the whole answer, whatever its status; throws `EngineError`, or `CancellationError` when cancelled.
    func ask(_ request: EngineRequest) async throws -> EngineAnswer {
        try await slots.run { try await exchange(request) }
    }

    /// Sends a request that changes something; the task's cancellation keeps it from being sent, and is not heard any more once it is.
    func command(_ request: EngineRequest) async throws -> EngineAnswer {
        try await slots.run {
            try Task.checkCancellation()
            // A cancelled request would close the connection, and the engine would finish or break off the removal without anybody to say which.
            return try await exchange(request, heedsCancellation: false)
        }
    }

    /// Sends a question whose answer has no end, and waits for its beginning.
    func open(_ request: EngineRequest) async throws -> HTTPClientResponse {
        do {
            return try await executor.run(within: request.limit) { try await begin(request) }
        } catch {
            throw failure(of: request, error)
        }
    }

    private func exchange(_ request: EngineRequest, heedsCancellation: Bool = true) async throws -> EngineAnswer {
        do {
            return try await executor.run(within: request.limit, heedsCancellation: heedsCancellation) {
                let response = try await begin(request)
                let body = try await response.body.collect(upTo: limits.answerSize)
                return EngineAnswer(
                    request: request,
                    status: Int(response.status.code),
                    apiVersion: response.headers.first(name: "Api-Version"),
                    libpodVersion: response.headers.first(name: "Libpod-Api-Version"),
                    body: body
                )
            }
        } catch {
            throw failure(of: request, error)
        }
    }

    private func begin(_ request: EngineRequest) async throws -> HTTPClientResponse {
        var sent = HTTPClientRequest(url: endpoint.addressPrefix + request.target)
        sent.method = HTTPMethod(rawValue: request.method.rawValue)
        // async-http-client would send the escaped path of the socket, which Go answers with 400.
        if case .unixSocket = endpoint.address { sent.headers.add(name: "Host", value: "docker") }
        sent.headers.add(name: "Accept", value: "application/json")
        sent.headers.add(name: "User-Agent", value: "hook")
        do {
            // The caller's time limit counts, not this one.
            return try await client.execute(sent, deadline: .distantFuture)
        } catch let error where request.method == .get && Self.meansThatAnIdleConnectionWasClosed(error) {
            return try await client.execute(sent, deadline: .distantFuture)
        }
    }

    /// The engine may close a kept connection in the moment in which a question is sent on it; a question can be asked again.
    private static func meansThatAnIdleConnectionWasClosed(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        if let error = error as? IOError { return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE }
        return false
    }
}
