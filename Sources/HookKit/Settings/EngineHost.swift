/// The address of a container engine as `DOCKER_HOST` takes it: `unix:///var/run/docker.sock`, `tcp://build1:2376`.
public struct EngineHost: Hashable, Sendable, SettingValue, CustomStringConvertible {
    /// What a connection runs over.
    public enum Address: Hashable, Sendable {
        /// A unix socket at an absolute path.
        case socket(path: String)
        /// A host, by name or number without brackets, a port where one is given, and a path that is empty or begins with a slash.
        case network(host: String, port: Int?, path: String)
    }

    /// The address as it was written, without white space around it.
    public let description: String
    /// What stands before `://`, in lower case; `tcp` where there is none, as `docker` reads it.
    public let scheme: String
    /// What a connection runs over.
    public let address: Address

    /// Reads an address.
    public init(checking text: String) throws(InvalidEngineHost) {
        let trimmed = Substring(text).drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
        let written = String(trimmed[..<end])
        let separator = written.firstRange(of: "://")
        let scheme = separator.map { written[..<$0.lowerBound].lowercased() } ?? "tcp"
        let rest = separator.map { written[$0.upperBound...] } ?? written[...]
        switch scheme {
        case "unix":
            guard rest.hasPrefix("/"), !rest.utf8.contains(0) else {
                throw InvalidEngineHost("has no absolute path; write it as 'unix:///var/run/docker.sock'")
            }
            address = .socket(path: String(rest))
        case "tcp", "http", "https":
            if separator == nil, written.hasPrefix("/") {
                throw InvalidEngineHost("names no kind of connection; did you mean 'unix://\(written)'?")
            }
            address = try Self.network(rest)
        case "ssh":
            throw InvalidEngineHost(
                "leads over ssh, which hook does not speak; forward the socket with "
                    + "`ssh -fNL /tmp/docker-remote.sock:/var/run/docker.sock \(Self.sshDestination(rest))` "
                    + "and set DOCKER_HOST=unix:///tmp/docker-remote.sock"
            )
        default:
            throw InvalidEngineHost("is of a kind that hook does not know; unix://, tcp://, http:// and https:// are what it can reach")
        }
        self.scheme = scheme
        description = written
    }

    /// Says whether it names a unix socket.
    public var isSocket: Bool { scheme == "unix" }

    /// Any address that an engine may have.
    public static let schema = SettingSchema(
        expectation: "the address of an engine such as unix:///var/run/docker.sock or tcp://host:2376",
        typeName: "engine address",
        json: ["type": "string", "minLength": 1]
    )

    /// Reads an address; what is none is refused with the reason.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> EngineHost? {
        switch value.content {
        case .string(let text) where !text.isEmpty, .text(let text) where !text.isEmpty:
            do {
                return try EngineHost(checking: text)
            } catch {
                decoding.refuse(value, because: "is \(value.shortDescription), which \(error)")
            }
        default: decoding.refuse(value, expected: schema.expectation)
        }
        return nil
    }

    /// The address as it was written.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }

    // MARK: Parts

    private static func network(_ rest: Substring) throws(InvalidEngineHost) -> Address {
        let authority = rest.prefix { $0 != "/" }
        var path = String(rest[authority.endIndex...])
        while path.hasSuffix("/") { path.removeLast() }
        guard !authority.contains("@") else {
            throw InvalidEngineHost("holds a user name; an engine knows its users by certificates alone")
        }
        let isPath = path.utf8.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: "/") }
        guard isPath, !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw InvalidEngineHost("has a path with characters that have no place there")
        }
        let (host, port) = try hostAndPort(authority)
        return .network(host: host, port: port, path: path)
    }

    /// Takes `host`, `host:port`, `[::1]`, `[::1]:port` or `:port`, which is this machine.
    private static func hostAndPort(_ authority: Substring) throws(InvalidEngineHost) -> (host: String, port: Int?) {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw InvalidEngineHost("has an opening bracket without a closing one")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw InvalidEngineHost("has something between the address and the port") }
            if !after.isEmpty { port = after.dropFirst() }
            guard host.utf8.allSatisfy({ isHexadecimalDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }), host.contains(":")
            else {
                throw InvalidEngineHost("has no IPv6 address between its brackets")
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty || port != nil else { throw InvalidEngineHost("names no host") }
        guard authority.first == "[" || host.utf8.allSatisfy({ isUnreserved($0) }) else {
            throw InvalidEngineHost("has a host name with characters that have no place there")
        }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), (1...65_535).contains(number), port.utf8.allSatisfy({ isDigit($0) }) else {
            throw InvalidEngineHost("has no port between 1 and 65535 behind its colon")
        }
        return (host.isEmpty ? "127.0.0.1" : String(host), number)
    }

    private static func sshDestination(_ rest: Substring) -> String {
        let destination = rest.prefix { $0 != "/" }
        // The text goes into a command that a person may paste.
        guard !destination.isEmpty, destination.utf8.allSatisfy({ isUnreserved($0) || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ":") })
        else {
            return "USER@HOST"
        }
        guard let colon = destination.lastIndex(of: ":") else { return String(destination) }
        return "-p \(destination[destination.index(after: colon)...]) \(destination[..<colon])"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    /// RFC 3986, 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || "-._~".utf8.contains(byte)
    }
}
