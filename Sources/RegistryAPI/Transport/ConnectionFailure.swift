import AsyncHTTPClient
import HTTPTransport
import HookKit
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Turns an error of a connection into one sentence that says which server, what was asked, what happened, what to try.
struct ConnectionFailure {
    /// The server as the beginning of a sentence.
    let subject: String
    /// The request as a message names it.
    let request: String
    /// The address that was asked.
    let address: WebAddress
    /// The proxy that the request went through.
    let proxy: RegistryProxy?
    /// Until when the answer should have been whole.
    let limit: Duration
    /// How large the answer might have been.
    let size: Int
    /// Says whether something would have been deleted.
    let isDeletion: Bool

    /// The beginning of the sentence where there was no connection.
    private var cannotBeReached: String {
        "\(subject) cannot be reached for \(request)\(proxy.map { " through the proxy '\($0.place)'" } ?? "")"
    }

    /// What the error means; a `RegistryError` and a `CancellationError` stay what they are.
    func error(for error: any Error, limits: RegistryLimits) -> any Error {
        switch error {
        case is RegistryError, is CancellationError, is PlainSpoken: return error
        case is TimeLimitPassed:
            let doubt = isDeletion ? "; whether it was carried out is not known" : "; see whether it is overloaded"
            return RegistryError(.timeout, "\(subject) did not answer \(request) within \(limit.approximateText)\(doubt)")
        case is NIOTooManyBytesError:
            return RegistryError(
                .badAnswer,
                "\(subject) answered \(request) with more than \(ByteSize(bytes: Int64(size))), which is more than hook reads"
            )
        case is HTTPParserError:
            return RegistryError(.badAnswer, "\(subject) answered \(request) with something that is not HTTP, or only half of it")
        case let error as HTTPClientError: return failure(error, limits)
        case let error as IOError: return unreachable(error.errnoCode)
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return unreachable("the name '\(error.host)' cannot be resolved; check it")
            }
            if let code = error.connectionErrors.lazy.compactMap({ ($0.error as? IOError)?.errnoCode }).first { return unreachable(code) }
            return unreachable("no connection could be made; check the address")
        default:
            guard address.scheme == .https, let problem = TLSProblem(error) else { return unreachable("\(error)".oneLine) }
            return failure(problem)
        }
    }

    private func failure(_ error: HTTPClientError, _ limits: RegistryLimits) -> any Error {
        switch error {
        case .cancelled: return CancellationError()
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout:
            let time = limits.connection.approximateText
            return RegistryError(
                .timeout,
                "\(cannotBeReached): no connection within \(time); check the address, and whether a firewall is in between"
            )
        case .deadlineExceeded, .readTimeout, .writeTimeout: return self.error(for: TimeLimitPassed(), limits: limits)
        case .remoteConnectionClosed, .uncleanShutdown:
            let doubt = isDeletion ? "; whether it was carried out is not known" : ""
            return RegistryError(.badAnswer, "\(closer) closed the connection before its answer to \(request) was whole\(doubt)")
        case .proxyAuthenticationRequired:
            guard let proxy else { return unreachable(error.shortDescription.lowercased()) }
            let advice = proxy.credential == nil ? "it wants a name and a password" : "it wants another name or password"
            return RegistryError(
                .configuration,
                "\(cannotBeReached): \(advice); write them into '\(proxy.variable)' (http://name:password@\(proxy.place))"
            )
        case .invalidProxyResponse:
            return unreachable(
                "it makes no connection to '\(address.host):\(address.port)'; see whether it may, or put the host into 'NO_PROXY'"
            )
        case .alreadyShutdown: return RegistryError(.unreachable, "\(subject) is not asked \(request): the run is over")
        default: return unreachable(error.shortDescription.lowercased())
        }
    }

    private func failure(_ problem: TLSProblem) -> any Error {
        func wrong(_ reason: String) -> RegistryError {
            RegistryError(.configuration, "\(cannotBeReached): \(reason)")
        }
        switch problem {
        case .wrongHost: return wrong("its certificate was not made for '\(address.host)'; use the name that it was made for")
        case .unknownAuthority:
            return wrong(
                "its certificate does not come from an authority that is trusted; name the authority's file in 'ca', "
                    + "or put it into docker's certs.d/\(address.place)/ca.crt"
            )
        case .notSpoken, .closed:
            return PlainSpoken(
                error: wrong(
                    "it does not speak TLS on this port; where plain HTTP is meant, write 'http://\(address.place)' or set 'insecure'"
                )
            )
        case .clientRefused: return wrong("it refuses this client's certificate; check docker's certs.d/\(address.place)")
        case .other(let text): return wrong("the TLS handshake failed (\(text))")
        }
    }

    private func unreachable(_ code: CInt) -> any Error {
        switch code {
        case ECONNREFUSED:
            // `refused` says of a registry that it does not run, which a proxy that does not run says not.
            if let proxy { return unreachable("the proxy refused the connection; see whether it runs, and check '\(proxy.variable)'") }
            return RegistryError(
                .refused,
                "\(subject) cannot be reached for \(request): connection refused; see whether it runs, and check the address"
            )
        case ECONNRESET, EPIPE: return failureAfterReset()
        case EHOSTUNREACH, ENETUNREACH: return unreachable("there is no route to it; check the address and the network")
        default: return unreachable("\(String(cString: strerror(code))); check the address")
        }
    }

    private func failureAfterReset() -> any Error {
        let doubt = isDeletion ? "; whether it was carried out is not known" : ""
        let error = RegistryError(.unreachable, "\(closer) reset the connection before its answer to \(request) was whole\(doubt)")
        return error
    }

    private func unreachable(_ reason: String) -> RegistryError {
        RegistryError(.unreachable, "\(cannotBeReached): \(reason)")
    }

    /// Who may have ended a connection.
    private var closer: String { proxy.map { "\(subject), or the proxy '\($0.place)'," } ?? subject }
}
