import HTTPTransport

/// An address of the web, as far as registries use them: `https://registry.local:5000/v2/?n=1`.
struct WebAddress: Hashable, Sendable {
    /// How a connection is made.
    enum Scheme: String, Hashable, Sendable {
        case http
        case https

        /// The port where none is given.
        var usualPort: Int { self == .https ? 443 : 80 }
    }

    /// How a connection is made.
    let scheme: Scheme
    /// The host in lower case, an IPv6 address in its brackets.
    let host: String
    /// The port.
    let port: Int
    /// The path and the query, escaped; begins with a slash.
    let target: String

    /// Makes an address of checked parts.
    init(scheme: Scheme, host: String, port: Int? = nil, target: String) {
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port ?? scheme.usualPort
        self.target = target
    }

    /// Reads an absolute address; `nil` for another scheme, for user information, and for anything that is no address.
    init?(_ text: String) {
        guard let (scheme, rest) = Self.scheme(of: text) else { return nil }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<end]), let target = Self.target(rest[end...]) else { return nil }
        self.init(scheme: scheme, host: host, port: port, target: target)
    }

    /// The address that a reference found at this one leads to; `nil` where it is none.
    func resolving(_ reference: String) -> WebAddress? {
        if reference.hasPrefix("//") { return WebAddress("\(scheme.rawValue):\(reference)") }
        if Self.scheme(of: reference) != nil || reference.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") {
            return WebAddress(reference)
        }
        let path = String(target.prefix { $0 != "?" })
        let joined: String
        if reference.hasPrefix("/") {
            joined = reference
        } else if reference.hasPrefix("?") {
            joined = path + reference
        } else {
            joined = path[...(path.lastIndex(of: "/") ?? path.startIndex)] + reference
        }
        guard let target = Self.target(joined[...]) else { return nil }
        return WebAddress(scheme: scheme, host: host, port: port, target: target)
    }

    /// Says whether another address lies on the same server.
    func hasSameOrigin(as other: WebAddress) -> Bool { scheme == other.scheme && host == other.host && port == other.port }

    /// Says whether it never leaves this machine.
    var isLoopback: Bool { Self.isLoopback(host) }

    /// Says whether a host never leaves this machine.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host, with its port where it is not the usual one.
    var place: String { port == scheme.usualPort ? host : "\(host):\(port)" }

    /// The address as it is sent.
    var text: String { "\(scheme.rawValue)://\(place)\(target)" }

    private static func scheme(of text: String) -> (Scheme, Substring)? {
        guard let end = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<end].lowercased()),
            text[end...].hasPrefix("://")
        else { return nil }
        return (scheme, text[end...].dropFirst(3))
    }

    private static func hostAndPort(_ text: Substring) -> (String, Int?)? {
        var host = text
        var port: Int?
        if let colon = text.lastIndex(of: ":"), text.lastIndex(of: "]").map({ $0 < colon }) ?? true {
            let digits = text[text.index(after: colon)...]
            guard let number = Int(digits), (1...65_535).contains(number), digits.utf8.allSatisfy(\.isDigit) else { return nil }
            port = number
            host = text[..<colon]
        }
        guard !host.isEmpty else { return nil }
        if host.hasPrefix("[") {
            let inner = host.dropFirst().dropLast()
            guard host.hasSuffix("]"), inner.contains(":"), inner.utf8.allSatisfy({ $0.isHexadecimalDigit || $0 == 0x3a || $0 == 0x2e })
            else { return nil }
        } else {
            guard host.utf8.allSatisfy({ $0.isUnreserved && $0 != UInt8(ascii: "~") }) else { return nil }
        }
        return (String(host), port)
    }

    private static func target(_ text: Substring) -> String? {
        let text = text.prefix { $0 != "#" }
        guard text.utf8.count <= 16_384, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        return text.hasPrefix("/") ? String(text) : "/" + text
    }
}
