import FoundationEssentials
import HTTPTransport
import HookKit

/// Knows how a registry wants to be shown who asks, and keeps the tokens.
///
/// Credentials go to the registry itself, and to the token's server that it names: by TLS, unless the registry itself is spoken to without.
actor Authenticator {
    /// Asks a token's server.
    typealias TokenExchange = @Sendable (_ request: TokenRequest) async throws -> RegistryAnswer

    private enum Mode: Hashable {
        case unknown
        case basic
        case bearer(realm: WebAddress, service: String?)
    }

    private let registry: String
    private let mayBePlain: Bool
    private let exchange: TokenExchange
    private let find: @Sendable () async throws -> RegistryCredential?
    private let found = SharedValue<RegistryCredential?>()
    private var mode = Mode.unknown
    private var tokens: [String: Task<AccessToken, any Error>] = [:]

    /// Makes one for a registry; `find` is asked once, when a registry first wants credentials.
    init(
        registry: String,
        mayBePlain: Bool,
        find: @escaping @Sendable () async throws -> RegistryCredential?,
        exchange: @escaping TokenExchange
    ) {
        self.registry = registry
        self.mayBePlain = mayBePlain
        self.find = find
        self.exchange = exchange
    }

    /// What to send with a request, by what is known so far.
    func authorization(for scope: RegistryScope) async throws -> String? {
        switch mode {
        case .unknown: return nil
        case .basic: return try await credential()?.basic
        case .bearer(let realm, let service):
            guard let text = scope.text else { return nil }
            return try await token(realm: realm, service: service, scope: text, key: text)
        }
    }

    /// Notes how the registry wants to be asked, without asking for anything.
    func learn(_ challenges: [AuthenticationChallenge]) throws(RegistryError) {
        if let challenge = challenges.first(where: { $0.scheme == "bearer" }) {
            mode = .bearer(realm: try realm(of: challenge), service: challenge.parameters["service"])
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            mode = .basic
        }
    }

    /// What to send instead, after the registry refused `rejected`; `nil` where there is nothing else to try.
    func renewal(after challenges: [AuthenticationChallenge], scope: RegistryScope, rejected: String?) async throws -> String? {
        try learn(challenges)
        switch mode {
        case .unknown: return nil
        case .basic:
            guard let basic = try await credential()?.basic else { throw missingCredentials() }
            return basic == rejected ? nil : basic
        case .bearer(let realm, let service):
            let asked = challenges.first { $0.scheme == "bearer" }?.parameters["scope"]
            guard let text = asked ?? scope.text else { return nil }
            let key = scope.text ?? text
            // Others may have renewed it meanwhile.
            if let current = tokens[key], let token = try? await current.value, "Bearer \(token.text)" != rejected {
                return "Bearer \(token.text)"
            }
            tokens[key] = nil
            let renewed = try await token(realm: realm, service: service, scope: text, key: key)
            return renewed == rejected ? nil : renewed
        }
    }

    /// Why the registry goes on refusing, and what to try.
    func refusalAdvice() async -> String {
        // What failed to be found was reported when it was looked for.
        let credential = try? await credential()
        guard let credential = credential ?? nil else { return "no credentials for it were found; run: docker login \(registry)" }
        return "\(credential) was not enough; run: docker login \(registry)"
    }

    /// What must appear in no message.
    func secrets() async -> [String] {
        let credential = try? await credential()
        return (credential ?? nil)?.secrets ?? []
    }

    // MARK: Tokens

    private func token(realm: WebAddress, service: String?, scope: String, key: String) async throws -> String? {
        if case .registryToken(let token)? = try await credential() { return "Bearer \(token)" }
        let credential = try await credential()
        while true {
            let running = tokens[key]
            // Not a child of who asks first, since others wait for it too. Who is cancelled while waiting ends it; another who waits fetches anew.
            let task = running ?? Task { try await self.fetch(realm: realm, service: service, scope: scope, credential: credential) }
            tokens[key] = task
            do {
                let token = try await withTaskCancellationHandler {
                    try await task.value
                } onCancel: {
                    task.cancel()
                }
                // One that was just fetched is used, however short it lives.
                if running == nil || token.expiry > .now { return "Bearer \(token.text)" }
                if tokens[key] == task { tokens[key] = nil }
            } catch {
                if tokens[key] == task { tokens[key] = nil }
                guard error is CancellationError, !Task.isCancelled else { throw error }
            }
        }
    }

    private func fetch(realm: WebAddress, service: String?, scope: String, credential: RegistryCredential?) async throws -> AccessToken {
        var fields: [(String, String)] = service.map { [("service", $0)] } ?? []
        fields += scope.split(separator: " ").map { ("scope", String($0)) }
        let request: TokenRequest
        switch credential {
        case .identityToken(let token):
            fields += [("client_id", "hook"), ("grant_type", "refresh_token"), ("refresh_token", token)]
            request = TokenRequest(address: realm, form: fields, authorization: nil, isForm: true)
        case .password(let user, _):
            request = TokenRequest(address: realm, form: fields + [("account", user)], authorization: credential?.basic, isForm: false)
        case .registryToken, nil: request = TokenRequest(address: realm, form: fields, authorization: nil, isForm: false)
        }
        let answer = try await exchange(request)
        if let token = AccessToken(answer.body, now: .now), answer.isSuccess { return token }
        let secrets = credential?.secrets ?? []
        switch answer.status {
        case 200..<300:
            throw RegistryError(.badAnswer, "the token server '\(realm.place)' of the registry '\(registry)' answered without a token")
        case 400, 401, 403:
            throw RegistryError(
                .unauthorized,
                "the token server '\(realm.place)' of the registry '\(registry)' answered \(answer.status): "
                    + "\(answer.complaint(concealing: secrets)); \(await refusalAdvice())"
            )
        default:
            throw RegistryError(
                .badAnswer,
                "the token server '\(realm.place)' of the registry '\(registry)' answered \(answer.status): "
                    + answer.complaint(concealing: secrets)
            )
        }
    }

    private func realm(of challenge: AuthenticationChallenge) throws(RegistryError) -> WebAddress {
        guard let text = challenge.parameters["realm"], let realm = WebAddress(text) else {
            throw RegistryError(.badAnswer, "the registry '\(registry)' wants a token, and names no address to get one from")
        }
        guard realm.scheme == .https || realm.isLoopback || mayBePlain else {
            throw RegistryError(
                .configuration,
                "the registry '\(registry)' names the token server '\(realm.place)' without TLS, so no credentials are sent there"
            )
        }
        return realm
    }

    private func credential() async throws -> RegistryCredential? { try await found.value(orFetch: find) }

    private func missingCredentials() -> RegistryError {
        RegistryError(
            .unauthorized,
            "the registry '\(registry)' wants credentials, and none for it were found; run: docker login \(registry)"
        )
    }
}
