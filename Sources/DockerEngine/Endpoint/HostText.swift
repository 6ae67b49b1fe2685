import HTTPTransport
import HookKit

/// A host as `DOCKER_HOST` takes it, cut into its parts.
struct HostText {
    /// The text, without white space around it.
    let text: String
    /// Where it was written.
    let origin: EngineEndpoint.Origin
    /// What stands before `://`, in lower case; `tcp` where there is none, as `docker` reads it.
    let scheme: String
    private let rest: Substring

    /// Cuts a text; what is wrong with it is said when an endpoint is made.
    init(_ text: String, origin: EngineEndpoint.Origin) {
        let trimmed = Substring(text).drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
        self.text = String(trimmed[..<end])
        self.origin = origin
        if let separator = self.text.firstRange(of: "://") {
            scheme = self.text[..<separator.lowerBound].lowercased()
            rest = self.text[separator.upperBound...]
        } else {
            scheme = "tcp"
            rest = self.text[...]
        }
    }

    /// Says whether it names a unix socket.
    var isSocket: Bool { scheme == "unix" }

    /// The endpoint that the text names.
    func endpoint(tls: EngineTLS?) throws(EngineError) -> EngineEndpoint {
        switch scheme {
        case "unix":
            guard rest.hasPrefix("/"), !rest.utf8.contains(0) else {
                throw refusal("has no absolute path; write it as 'unix:///var/run/docker.sock'")
            }
            return EngineEndpoint(address: .unixSocket(path: String(rest)), origin: origin)
        case "tcp", "http", "https":
            if !text.contains("://"), text.hasPrefix("/") { throw refusal("names no kind of connection; did you mean 'unix://\(text)'?") }
            return try network(tls: tls)
        case "ssh":
            throw refusal(
                "leads over ssh, which hook does not speak; forward the socket with "
                    + "`ssh -fNL /tmp/docker-remote.sock:/var/run/docker.sock \(sshDestination)` and set DOCKER_HOST=unix:///tmp/docker-remote.sock"
            )
        default:
            throw refusal("is of a kind that hook does not know; unix://, tcp://, http:// and https:// are what it can reach")
        }
    }

    private func network(tls: EngineTLS?) throws(EngineError) -> EngineEndpoint {
        let authority = rest.prefix { $0 != "/" }
        var path = String(rest[authority.endIndex...])
        while path.hasSuffix("/") { path.removeLast() }
        guard !authority.contains("@") else { throw refusal("holds a user name; an engine knows its users by certificates alone") }
        let isPath = path.utf8.allSatisfy { $0.isUnreserved || $0 == UInt8(ascii: "/") }
        guard isPath, !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw refusal("has a path with characters that have no place there")
        }
        let (host, port) = try hostAndPort(authority)
        guard scheme != "http" || tls == nil else {
            throw refusal("asks for plain HTTP while DOCKER_TLS_VERIFY or DOCKER_TLS asks for TLS; unset one of them")
        }
        return EngineEndpoint(address: .tcp(host: host, port: port ?? defaultPort(tls: tls)), tls: tls, basePath: path, origin: origin)
    }

    private func defaultPort(tls: EngineTLS?) -> Int {
        switch scheme {
        case "http": 80
        case "https": 443
        default: tls == nil ? 2375 : 2376
        }
    }

    /// Takes `host`, `host:port`, `[::1]`, `[::1]:port` or `:port`, which is this machine.
    private func hostAndPort(_ authority: Substring) throws(EngineError) -> (host: String, port: Int?) {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw refusal("has an opening bracket without a closing one") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw refusal("has something between the address and the port") }
            if !after.isEmpty { port = after.dropFirst() }
            guard host.utf8.allSatisfy({ $0.isHexadecimalDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }), host.contains(":")
            else {
                throw refusal("has no IPv6 address between its brackets")
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty || port != nil else { throw refusal("names no host") }
        guard authority.first == "[" || host.utf8.allSatisfy(\.isUnreserved) else {
            throw refusal("has a host name with characters that have no place there")
        }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), (1...65_535).contains(number), port.utf8.allSatisfy(\.isDigit) else {
            throw refusal("has no port between 1 and 65535 behind its colon")
        }
        return (host.isEmpty ? "127.0.0.1" : String(host), number)
    }

    private var sshDestination: String {
        let destination = rest.prefix { $0 != "/" }
        // The text goes into a command that a person may paste.
        guard !destination.isEmpty, destination.utf8.allSatisfy({ $0.isUnreserved || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ":") })
        else {
            return "USER@HOST"
        }
        guard let colon = destination.lastIndex(of: ":") else { return String(destination) }
        return "-p \(destination[destination.index(after: colon)...]) \(destination[..<colon])"
    }

    private func refusal(_ reason: String) -> EngineError {
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
