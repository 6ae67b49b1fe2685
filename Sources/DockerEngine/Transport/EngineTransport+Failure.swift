import AsyncHTTPClient
import HTTPTransport
import HookKit
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension EngineTransport {
    /// What an error of the connection means to a person: one sentence that says which engine, what was asked, what happened, what to try.
    ///
    /// An `EngineError` and a `CancellationError` stay what they are.
    func failure(of request: EngineRequest, _ error: any Error) -> any Error {
        switch error {
        case is EngineError, is CancellationError: return error
        case is TimeLimitPassed:
            return EngineError(
                .timeout,
                "\(subject) did not answer \(request.name) within \(request.limit.approximateText)\(advice(request))"
            )
        case is NIOTooManyBytesError:
            let size = ByteSize(bytes: Int64(limits.answerSize))
            return request.unanswered("\(subject) answered \(request.name) with more than \(size), which is more than hook reads")
        case is HTTPParserError:
            return request.unanswered(
                "\(subject) answered \(request.name) with something that is not HTTP, or only half of it",
                advice: plainAdvice
            )
        case let error as HTTPClientError: return failure(of: request, error)
        case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE: return closed(request)
        case let error as IOError: return unreachable(request, reason(error.errnoCode))
        case let error as NIOConnectionError: return unreachable(request, reason(error))
        case let error as SocketAddressError:
            if case .unixDomainSocketPathTooLong = error {
                return unreachable(
                    request,
                    "the path of a socket has at most 107 bytes; name it by a shorter one, such as a symbolic link to its directory"
                )
            }
            return unreachable(request, "\(error)")
        default:
            guard endpoint.tls != nil, let reason = tlsReason(error) else { return unreachable(request, EngineAnswer.oneLine("\(error)")) }
            return EngineError(.configuration, "\(subject) cannot be reached for \(request.name): \(reason)")
        }
    }

    /// The engine as the beginning of a sentence.
    var subject: String { "the engine at \(endpoint.place)" }

    private func failure(of request: EngineRequest, _ error: HTTPClientError) -> any Error {
        switch error {
        case .cancelled where request.method == .get: return CancellationError()
        // A change that was sent is waited for, so only the end of all connections breaks it off.
        case .cancelled: return request.unanswered("hook closed the connection before \(subject) answered \(request.name)")
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            let time = limits.connection.approximateText
            return EngineError(
                .timeout,
                "\(subject) cannot be reached for \(request.name): no connection within \(time); check the address, and whether a firewall is in between"
            )
        case .deadlineExceeded, .readTimeout, .writeTimeout: return failure(of: request, TimeLimitPassed())
        case .remoteConnectionClosed, .uncleanShutdown: return closed(request)
        case .alreadyShutdown: return EngineError(.unreachable, "\(subject) is not asked \(request.name): the run is over")
        default: return unreachable(request, error.shortDescription.lowercased())
        }
    }

    private func closed(_ request: EngineRequest) -> EngineError {
        request.unanswered("\(subject) closed the connection before its answer to \(request.name) was whole", advice: plainAdvice)
    }

    private func unreachable(_ request: EngineRequest, _ reason: String) -> EngineError {
        EngineError(.unreachable, "\(subject) cannot be reached for \(request.name): \(reason)")
    }

    /// What connect(2) and its kin report, and what to try.
    private func reason(_ code: CInt) -> String {
        let isSocket = if case .unixSocket = endpoint.address { true } else { false }
        switch code {
        case ENOENT where isSocket: return "there is no such socket; start the engine, or set DOCKER_HOST to where it listens"
        case EACCES where isSocket, EPERM where isSocket:
            return "permission denied; add this user to the socket's group (`sudo usermod -aG docker \"$USER\"`, then log in again), "
                + "or set DOCKER_HOST to an engine of this user"
        case ECONNREFUSED where kindOfFile == S_IFDIR && !isEmptyDirectory:
            return "a directory lies there, and no socket; set DOCKER_HOST to where the engine listens"
        case ECONNREFUSED where kindOfFile == S_IFDIR:
            // docker makes one where a container is given a socket that is not there.
            return "a directory lies there, and no socket; remove it and start the engine, or set DOCKER_HOST to where it listens"
        case ECONNREFUSED where isSocket && kindOfFile != S_IFSOCK:
            return "what lies there is no socket; set DOCKER_HOST to where the engine listens"
        case ECONNREFUSED where isSocket: return "the socket is there, but nobody listens on it; start the engine"
        case ENOTSOCK where isSocket, EPROTOTYPE where isSocket:
            return "what lies there is no stream socket; set DOCKER_HOST to where the engine listens"
        case ECONNREFUSED: return "connection refused; start the engine, or check the port and the engine's `hosts`"
        case ECONNRESET, EPIPE: return "the connection was reset before an answer came\(plainAdvice)"
        case EHOSTUNREACH, ENETUNREACH: return "there is no route to it; check the address and the network"
        default: return "\(String(cString: strerror(code))); check the address"
        }
    }

    /// Says whether the directory at the socket's path can be listed and holds nothing: opendir(3).
    private var isEmptyDirectory: Bool {
        guard case .unixSocket(let path) = endpoint.address, let stream = opendir(path) else { return false }
        defer { closedir(stream) }
        // Every directory has two entries: itself and the one above.
        for _ in 0..<2 where readdir(stream) == nil { return false }
        errno = 0
        return readdir(stream) == nil && errno == 0
    }

    /// What lies at the socket's path: stat(2), `S_IFMT`; `nil` where the engine has no socket, or nothing lies there.
    private var kindOfFile: mode_t? {
        var status = stat()
        guard case .unixSocket(let path) = endpoint.address, stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    private func reason(_ error: NIOConnectionError) -> String {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return "the name '\(error.host)' cannot be resolved; check it"
        }
        if let code = error.connectionErrors.lazy.compactMap({ ($0.error as? IOError)?.errnoCode }).first { return reason(code) }
        return "no connection could be made; check the address"
    }

    private func advice(_ request: EngineRequest) -> String {
        switch request.method {
        case .get: "; see whether it is overloaded or stuck (its log says), or set DOCKER_HOST to another one"
        case .post, .delete: "; whether it is still being carried out is not known, the engine's log says"
        }
    }

    /// What to try when a network answers plain HTTP in a strange way.
    private var plainAdvice: String {
        guard case .tcp = endpoint.address, endpoint.tls == nil else { return "" }
        return "; if it expects TLS, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
    }
}
