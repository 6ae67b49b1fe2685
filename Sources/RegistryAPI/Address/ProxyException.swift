import HTTPTransport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An entry of `NO_PROXY`: what is asked without a proxy.
///
/// `*` is everything; `10.1.2.3` and `10.0.0.0/8` are addresses as they are written; `example.com` is that host and those below it, `.example.com` and
/// `*.example.com` only those below it; and each but a range may end in a port.
struct ProxyException: Hashable, Sendable {
    private enum Kind: Hashable {
        case everything
        case network([UInt8], bits: Int)
        case host(String)
        /// With its dot in front.
        case below(String)
    }

    private let kinds: Set<Kind>
    private let port: Int?

    /// Reads an entry; `nil` for an empty one.
    init?(_ entry: Substring) {
        let text = entry.lowercased().filter { !$0.isWhitespace }
        guard !text.isEmpty else { return nil }
        if let slash = text.lastIndex(of: "/"), let address = Self.bytes(of: String(text[..<slash])),
            let bits = Int(text[text.index(after: slash)...]), (0...address.count * 8).contains(bits)
        {
            kinds = [.network(address, bits: bits)]
            port = nil
            return
        }
        var host = text
        var port: Int?
        // An IPv6 address has a port only behind brackets.
        if Self.bytes(of: text.trimmingBrackets) == nil, let colon = text.lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]) else { return nil }
            port = number
            host = String(text[..<colon])
        }
        self.port = port
        host = host.trimmingBrackets
        guard !host.isEmpty else { return nil }
        if host == "*" {
            kinds = [.everything]
        } else if let address = Self.bytes(of: host) {
            kinds = [.network(address, bits: address.count * 8)]
        } else if host.hasPrefix("*.") {
            kinds = [.below(String(host.dropFirst()))]
        } else if host.hasPrefix(".") {
            kinds = [.below(host)]
        } else {
            kinds = [.host(host), .below(".\(host)")]
        }
    }

    /// Says whether it names an address.
    func matches(_ address: WebAddress) -> Bool {
        guard port.map({ $0 == address.port }) ?? true else { return false }
        let host = address.host.trimmingBrackets
        let bytes = Self.bytes(of: host)
        return kinds.contains { kind in
            switch kind {
            case .everything: true
            case .network(let network, let bits): bytes.map { Self.isIn($0, network, bits) } ?? false
            case .host(let name): host == name
            case .below(let ending): host.hasSuffix(ending) && bytes == nil
            }
        }
    }

    private static func isIn(_ address: [UInt8], _ network: [UInt8], _ bits: Int) -> Bool {
        guard address.count == network.count else { return false }
        return address.indices.allSatisfy { index in
            let count = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xff << (8 - count))
            return address[index] & mask == network[index] & mask
        }
    }

    /// The bytes of an address of the internet, by `inet_pton(3)`; `nil` for a name.
    private static func bytes(of text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
