import HTTPTransport

/// Where a container engine listens, and how to speak to it.
package struct EngineEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// The kind of connection.
    package enum Address: Hashable, Sendable {
        /// A unix socket at an absolute path.
        case unixSocket(path: String)
        /// A host, by name or number without brackets, and a port.
        case tcp(host: String, port: Int)
    }

    /// Where the endpoint was named; what to try when it cannot be reached depends on it.
    package enum Origin: Hashable, Sendable {
        /// The pipeline file, or whoever called.
        case pipeline
        /// The variable DOCKER_HOST.
        case dockerHost
        /// A docker context.
        case context(String)
        /// Nobody named one: it is one of the usual sockets.
        case usualSocket
    }

    /// What the connection runs over.
    package let address: Address
    /// How the connection is secured; `nil` for plain HTTP.
    package let tls: EngineTLS?
    /// What comes before the path of every request: empty, or `/prefix` behind a reverse proxy.
    package let basePath: String
    /// Where the endpoint was named.
    package let origin: Origin
    /// The endpoint as `DOCKER_HOST` takes it.
    package let description: String
    /// How a command for it begins that is typed where hook was: `docker`, or `docker -H` and the endpoint where `docker` would take another.
    package internal(set) var docker = "docker"

    /// Describes an endpoint; `description` is made from the address.
    package init(address: Address, tls: EngineTLS? = nil, basePath: String = "", origin: Origin = .pipeline) {
        self.address = address
        self.tls = tls
        self.basePath = basePath
        self.origin = origin
        switch address {
        case .unixSocket(let path): description = "unix://\(path)"
        case .tcp(let host, let port): description = "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)\(basePath)"
        }
    }

    /// The endpoint and where it was named, as a message says it.
    var place: String {
        switch origin {
        case .pipeline: description
        case .dockerHost: "\(description) (DOCKER_HOST)"
        case .context(let name): "\(description) (docker context '\(name)')"
        case .usualSocket: "\(description) (the default)"
        }
    }

    /// What the address of a request begins with.
    ///
    /// async-http-client takes a unix socket as the host of `http+unix`, with every byte escaped that a host may not hold.
    var addressPrefix: String {
        switch address {
        case .unixSocket(let path): "http+unix://\(path.percentEncoded(keeping: ""))\(basePath)"
        case .tcp(let host, let port):
            "\(tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(basePath)"
        }
    }
}
