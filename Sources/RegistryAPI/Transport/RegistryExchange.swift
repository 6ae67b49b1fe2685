import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import HookKit
import NIOCore
import NIOHTTP1
import NIOPosix

/// One request and its whole answer, redirections included.
struct RegistryExchange: Sendable {
    let clients: RegistryClients
    let limits: RegistryLimits
    /// The registry as the beginning of a sentence.
    let subject: String

    private static let keptFields: Set = [
        "content-type", "content-length", "docker-content-digest", "link", "location", "retry-after", "allow", "oci-filters-applied",
    ]

    /// Sends a request to an address, and a question on to where it is redirected; `authorization` stays with the first server.
    func follow(_ request: RegistryRequest, from base: WebAddress, authorization: String?) async throws -> RegistryAnswer {
        var address = WebAddress(scheme: base.scheme, host: base.host, port: base.port, target: request.target)
        for _ in 0...limits.redirections {
            let shown = address.hasSameOrigin(as: base) ? authorization : nil
            var answer: RegistryAnswer
            do {
                answer = try await send(request, to: address, authorization: shown)
            } catch let error as RegistryError where error.code == .refused && !address.hasSameOrigin(as: base) {
                // The registry itself answered: it is where it leads to that nothing listens.
                throw RegistryError(.unreachable, "\(error), at '\(address.place)', where it redirected to")
            }
            // Only the registry itself says who is to be shown what: another server could name one of its own to show it to.
            if !address.hasSameOrigin(as: base) { answer.challenges = [] }
            guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.fields["location"] else { return answer }
            guard request.method == .get || request.method == .head else {
                throw RegistryError(
                    .badAnswer,
                    "\(subject) answered \(request.name) with a redirection (\(answer.status)), which is not followed; use the address it leads to"
                )
            }
            guard let next = address.resolving(location) else {
                throw RegistryError(.badAnswer, "\(subject) redirected \(request.name) to something that is no address")
            }
            guard next.scheme == .https || address.scheme == .http else {
                throw RegistryError(
                    .badAnswer,
                    "\(subject) redirected \(request.name) from TLS to plain HTTP at '\(next.place)', which is not followed"
                )
            }
            address = next
        }
        throw RegistryError(.badAnswer, "\(subject) redirected \(request.name) more than \(limits.redirections) times")
    }

    /// Asks a token's server.
    func token(_ request: TokenRequest) async throws -> RegistryAnswer {
        let name = "'\(request.isForm ? "POST" : "GET") \(request.address.place)'"
        var sent = HTTPClientRequest(url: request.target.text)
        sent.method = request.isForm ? .POST : .GET
        sent.headers.add(name: "Accept", value: "application/json")
        sent.headers.add(name: "User-Agent", value: "hook")
        if let authorization = request.authorization { sent.headers.add(name: "Authorization", value: authorization) }
        if request.isForm {
            sent.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            sent.body = .bytes(ByteBuffer(string: request.encoded))
        }
        let place = request.address.place
        let way = try clients.way(to: request.address)
        do {
            return try await whole(
                sent,
                on: way.client,
                limit: limits.question,
                size: limits.noteSize,
                repeats: !request.isForm,
                authorization: nil
            )
        } catch {
            let failure = ConnectionFailure(
                subject: "the token server '\(place)' of \(subject)",
                request: name,
                address: request.address,
                proxy: way.proxy,
                limit: limits.question,
                size: limits.noteSize,
                isDeletion: false
            )
            let known = failure.error(for: error, limits: limits)
            // `refused` means that the registry itself does not run.
            guard let refusal = known as? RegistryError, refusal.code == .refused else { throw known }
            throw RegistryError(.unreachable, refusal.description)
        }
    }

    private func send(_ request: RegistryRequest, to address: WebAddress, authorization: String?) async throws -> RegistryAnswer {
        var sent = HTTPClientRequest(url: address.text)
        sent.method = HTTPMethod(rawValue: request.method.rawValue)
        for type in request.accept { sent.headers.add(name: "Accept", value: type) }
        sent.headers.add(name: "User-Agent", value: "hook")
        if let authorization { sent.headers.add(name: "Authorization", value: authorization) }
        let way = try clients.way(to: address)
        do {
            let isQuestion = request.method != .delete
            return try await whole(
                sent,
                on: way.client,
                limit: request.limit,
                size: request.size,
                repeats: isQuestion,
                // A cancelled request would close the connection, and nobody would know what became of the deletion.
                heedsCancellation: isQuestion,
                authorization: authorization
            )
        } catch {
            let failure = ConnectionFailure(
                subject: subject,
                request: request.name,
                address: address,
                proxy: way.proxy,
                limit: request.limit,
                size: request.size,
                isDeletion: request.method == .delete
            )
            throw failure.error(for: error, limits: limits)
        }
    }

    private func whole(
        _ request: HTTPClientRequest,
        on client: HTTPClient,
        limit: Duration,
        size: Int,
        repeats: Bool,
        heedsCancellation: Bool = true,
        authorization: String?
    ) async throws -> RegistryAnswer {
        try await clients.executor.run(within: limit, heedsCancellation: heedsCancellation) {
            let response = try await begin(request, on: client, repeats: repeats)
            // A reason for a failure needs no room for a list.
            let isSuccess = (200..<300).contains(response.status.code)
            let body = try await response.body.collect(upTo: isSuccess ? size : max(size, limits.noteSize))
            var fields: [String: String] = [:]
            for (name, value) in response.headers where Self.keptFields.contains(name.lowercased()) {
                fields[name.lowercased(), default: ""] += fields[name.lowercased()] == nil ? value : ", \(value)"
            }
            return RegistryAnswer(
                status: Int(response.status.code),
                fields: fields,
                challenges: response.headers["WWW-Authenticate"],
                body: body.withUnsafeReadableBytes { Data($0) },
                authorization: authorization
            )
        }
    }

    private func begin(_ request: HTTPClientRequest, on client: HTTPClient, repeats: Bool) async throws -> HTTPClientResponse {
        do {
            // The caller's time limit counts, not this one.
            return try await client.execute(request, deadline: .distantFuture)
        } catch let error where repeats && Self.meansThatAnIdleConnectionWasClosed(error) {
            return try await client.execute(request, deadline: .distantFuture)
        }
    }

    /// The registry may close a kept connection in the moment in which a question is sent on it; a question can be asked again.
    private static func meansThatAnIdleConnectionWasClosed(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        if let error = error as? IOError { return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE }
        return false
    }
}
