import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import HookKit
import NIOCore
import NIOHTTP1
import NIOPosix

/// Carries requests to a registry and whole answers back, over connections that are kept.
///
/// Redirections are followed here and not by async-http-client, so that nothing secret follows to another server. Must be shut down before it
/// goes.
struct RegistryTransport: Sendable {
    /// Where the registry is.
    let endpoint: RegistryEndpoint
    /// The limits.
    let limits: RegistryLimits
    /// Waits between two attempts.
    let pause: @Sendable (Duration) async throws -> Void

    private let clients: RegistryClients
    private let slots: RequestSlots
    private let base = SharedValue<WebAddress>()
    private let authenticator: Authenticator
    private let now: @Sendable () -> Timestamp

    /// Prepares to reach a registry; connects to nothing.
    init(
        endpoint: RegistryEndpoint,
        certificates: RegistryCertificates,
        proxies: RegistryProxies,
        limits: RegistryLimits,
        group: MultiThreadedEventLoopGroup,
        now: @escaping @Sendable () -> Timestamp,
        pause: @escaping @Sendable (Duration) async throws -> Void,
        credential: @escaping @Sendable () async throws -> RegistryCredential?
    ) throws(RegistryError) {
        self.endpoint = endpoint
        self.limits = limits
        self.pause = pause
        self.now = now
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try certificates.configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .nanoseconds(limits.connection.nanosecondCount)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .nanoseconds(limits.idleConnection.nanosecondCount)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.parallelRequests + 1
        clients = RegistryClients(configuration, proxies: proxies, group: group)
        slots = RequestSlots(count: limits.parallelRequests)
        let exchange = RegistryExchange(clients: clients, limits: limits, subject: "the registry '\(endpoint.name)'")
        self.exchange = exchange
        authenticator = Authenticator(registry: endpoint.name, mayBePlain: endpoint.mayBePlain, find: credential) { request in
            try await exchange.token(request)
        }
    }

    private let exchange: RegistryExchange

    /// The registry as the beginning of a sentence.
    var subject: String { exchange.subject }

    /// Closes the connections.
    func shutdown() async { await clients.shutdown() }

    /// Sends a request and waits for the whole answer, whatever its status but 401; throws `RegistryError`, or `CancellationError` when cancelled.
    ///
    /// A deletion that was sent is waited for even when the task is cancelled. One that the registry turned away is not sent again: after the pause
    /// that the registry wanted this throws `RegistryError.Code.turnedAway`.
    func ask(_ request: RegistryRequest) async throws -> RegistryAnswer {
        _ = try await introduction()
        return try await send(request)
    }

    /// What must appear in no message about an answer.
    func complaint(of answer: RegistryAnswer) async -> String {
        answer.complaint(concealing: await authenticator.secrets())
    }

    /// The address that answers as a registry; asked once.
    func introduction() async throws -> WebAddress { try await base.value { try await self.introduce() } }

    // MARK: Inside

    private func introduce() async throws -> WebAddress {
        var refusal: (any Error)?
        for candidate in endpoint.candidates {
            let request = RegistryRequest(method: .get, path: "/v2/", scope: .none, limit: limits.question, size: limits.noteSize)
            do {
                let answer = try await retrying(request) { try await exchange.follow(request, from: candidate, authorization: nil) }
                switch answer.status {
                case 200..<300, 401: break
                case 404:
                    throw RegistryError(
                        .badAnswer,
                        "\(subject) answered \(request.name) with 404, so it is no registry of this API; check the address"
                    )
                default:
                    throw RegistryError(
                        .badAnswer,
                        "\(subject) answered \(request.name) with \(answer.status): \(answer.complaint(concealing: []))"
                    )
                }
                try await authenticator.learn(AuthenticationChallenge.all(in: answer.challenges))
                return candidate
            } catch let error as PlainSpoken {
                refusal = error.error
            }
        }
        guard let refusal else { preconditionFailure("a registry has at least one address") }
        throw refusal
    }

    private func send(_ request: RegistryRequest) async throws -> RegistryAnswer {
        let base = try await introduction()
        do {
            return try await retrying(request) {
                let first = try await authenticator.authorization(for: request.scope)
                let answer = try await exchange.follow(request, from: base, authorization: first)
                guard answer.status == 401 else { return answer }
                let challenges = AuthenticationChallenge.all(in: answer.challenges)
                if let second = try await authenticator.renewal(after: challenges, scope: request.scope, rejected: first) {
                    let answer = try await exchange.follow(request, from: base, authorization: second)
                    if answer.status != 401 { return answer }
                }
                let complaint = await complaint(of: answer)
                throw RegistryError(
                    .unauthorized,
                    "\(subject) answered \(request.name) with 401: \(complaint); \(await authenticator.refusalAdvice())"
                )
            }
        } catch let error as PlainSpoken {
            throw error.error
        }
    }

    private func retrying(_ request: RegistryRequest, _ body: () async throws -> RegistryAnswer) async throws -> RegistryAnswer {
        var policy = RetryPolicy(limits: limits)
        while true {
            let answer = try await slots.run {
                try Task.checkCancellation()
                return try await body()
            }
            let wanted = answer.retryAfter { now().seconds }
            guard let time = policy.pause(afterStatus: answer.status, of: request.method, retryAfter: wanted) else {
                guard answer.status == 429 || answer.status == 503 else { return answer }
                let wish = wanted.map { " and asked for \($0.settingText) of patience" } ?? ""
                throw RegistryError(
                    .busy,
                    "\(subject) was too busy for \(request.name) (\(answer.status))\(wish); try again later, or ask it less at a time"
                )
            }
            try await pause(time)
            guard request.isRepeated else {
                throw RegistryError(
                    .turnedAway,
                    "\(subject) was too busy for \(request.name) (\(answer.status)); try again later, or ask it less at a time"
                )
            }
        }
    }
}
