/// The name of an image with a tag, a digest or both, read as the docker command line reads it.
///
/// Source: distribution/reference, grammar in `reference.go` and `normalize.go`: a first component that has a dot, a colon, an upper-case
/// letter or is `localhost` names the registry; a name without one lies on `docker.io`, and there a single component lies in `library/`.
public struct ImageReference: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The registry, with its port where one was given: `docker.io`, `registry.local:5000`.
    public let registry: String
    /// The repository's path on the registry: `library/alpine`, `shop/api`.
    public let path: String
    /// The tag, where one was given.
    public let tag: String?
    /// The digest, where one was given.
    public let digest: Digest?

    /// The registry that a name without one lies on.
    public static let defaultRegistry = "docker.io"

    /// Takes a reference such as `alpine`, `shop/api:v1` or `registry.local:5000/shop/api@sha256:…`; `nil` where the grammar forbids it.
    ///
    /// A missing tag stays missing: no `latest` is added.
    public init?(_ text: String) {
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            guard let digest = Digest(rest[rest.index(after: at)...]) else { return nil }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/")
        if let colon = rest.lastIndex(of: ":"), lastSlash.map({ colon > $0 }) ?? true {
            let tag = rest[rest.index(after: colon)...]
            guard Self.isTag(tag) else { return nil }
            self.tag = String(tag)
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        let (registry, path) = Self.split(name: rest)
        guard Self.isPath(path), Self.isRegistry(registry), registry.utf8.count + path.utf8.count < 255 else { return nil }
        self.registry = registry
        self.path = path
    }

    /// The name without tag and digest, with its registry: `docker.io/library/alpine`.
    public var name: String { "\(registry)/\(path)" }

    /// The name as the docker command line prints it: `alpine`, `shop/api`, `registry.local:5000/shop/api`.
    public var familiarName: String { Self.familiar(registry: registry, path: path) }

    /// The reference as the docker command line prints it.
    public var description: String {
        familiarName + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// Orders by what is printed.
    public static func < (left: ImageReference, right: ImageReference) -> Bool { left.description < right.description }

    static func familiar(registry: String, path: String) -> String {
        guard registry == defaultRegistry else { return "\(registry)/\(path)" }
        guard path.hasPrefix("library/"), !path.dropFirst("library/".count).contains("/") else { return path }
        return String(path.dropFirst("library/".count))
    }

    /// Splits a name without tag and digest into registry and path, as the docker command line does.
    static func split(name: Substring) -> (registry: String, path: String) {
        var registry = defaultRegistry
        var path = String(name)
        if let slash = name.firstIndex(of: "/") {
            let first = name[..<slash]
            let namesRegistry = first.contains(".") || first.contains(":") || first == "localhost" || first.contains(where: \.isUppercase)
            if namesRegistry {
                registry = first == "index.docker.io" ? defaultRegistry : String(first)
                path = String(name[name.index(after: slash)...])
            }
        }
        if registry == defaultRegistry, !path.contains("/") { path = "library/" + path }
        return (registry, path)
    }

    static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return isWord(first) && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Components of lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
    static func isPath(_ text: String) -> Bool {
        text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
            let bytes = Array(component.utf8)
            guard let first = bytes.first, let last = bytes.last, isLowerAlphanumeric(first), isLowerAlphanumeric(last)
            else { return false }
            var index = 0
            while index < bytes.count {
                if isLowerAlphanumeric(bytes[index]) {
                    index += 1
                    continue
                }
                let separator = bytes[index]
                var length = 0
                while index < bytes.count, bytes[index] == separator {
                    length += 1
                    index += 1
                }
                switch separator {
                case UInt8(ascii: "-"): break
                case UInt8(ascii: "_") where length <= 2: break
                case UInt8(ascii: ".") where length == 1: break
                default: return false
                }
                guard index < bytes.count, isLowerAlphanumeric(bytes[index]) else { return false }
            }
            return true
        }
    }

    static func isRegistry(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        var host = Substring(text)
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<end]
            guard !address.isEmpty, address.utf8.allSatisfy({ isHex($0) || $0 == UInt8(ascii: ":") }) else { return false }
            let after = host[host.index(after: end)...]
            return after.isEmpty || (after.first == ":" && isPort(after.dropFirst()))
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[host.index(after: colon)...]) else { return false }
            host = host[..<colon]
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 5 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        Digest.isLowerHex(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }
}
