import HookKit

/// A host as `DOCKER_HOST` takes it, and where it was written.
struct HostText {
    private let text: String
    private let origin: EngineEndpoint.Origin
    private let host: EngineHost

    /// Reads a text.
    init(_ text: String, origin: EngineEndpoint.Origin) throws(EngineError) {
        self.origin = origin
        do throws(InvalidEngineHost) {
            host = try EngineHost(checking: text)
        } catch {
            throw Self.refusal(text, origin, error.description)
        }
        self.text = host.description
    }

    /// What stands before `://`, in lower case.
    var scheme: String { host.scheme }

    /// Says whether it names a unix socket.
    var isSocket: Bool { host.isSocket }

    /// The endpoint that the text names.
    func endpoint(tls: EngineTLS?) throws(EngineError) -> EngineEndpoint {
        switch host.address {
        case .socket(let path): return EngineEndpoint(address: .unixSocket(path: path), origin: origin)
        case .network(let name, let port, let path):
            guard scheme != "http" || tls == nil else {
                throw Self.refusal(
                    text,
                    origin,
                    "asks for plain HTTP while DOCKER_TLS_VERIFY or DOCKER_TLS asks for TLS; unset one of them"
                )
            }
            let address = EngineEndpoint.Address.tcp(host: name, port: port ?? defaultPort(tls: tls))
            return EngineEndpoint(address: address, tls: tls, basePath: path, origin: origin)
        }
    }

    private func defaultPort(tls: EngineTLS?) -> Int {
        switch scheme {
        case "http": 80
        case "https": 443
        default: tls == nil ? 2375 : 2376
        }
    }

    private static func refusal(_ text: String, _ origin: EngineEndpoint.Origin, _ reason: String) -> EngineError {
        let source =
            switch origin {
            case .pipeline: "the docker host '\(text)'"
            case .dockerHost: "DOCKER_HOST '\(text)'"
            case .context(let name): "the host '\(text)' of the docker context '\(name)'"
            case .usualSocket: "'\(text)'"
            }
        return EngineError(.configuration, "\(source) \(reason)")
    }
}
