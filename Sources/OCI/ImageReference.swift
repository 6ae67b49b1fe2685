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
        var text = text
        guard let read = text.withUTF8({ Self.read($0) }) else { return nil }
        self = read
    }

    private init(registry: String, path: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Reads a reference byte by byte: the grammar knows ASCII alone, and references are read by the thousand.
    private static func read(_ text: UnsafeBufferPointer<UInt8>) -> ImageReference? {
        var rest = text[...]
        var digest: Digest?
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            digest = Digest(utf8: UnsafeBufferPointer(rebasing: rest[(at + 1)...]))
            guard digest != nil else { return nil }
            rest = rest[..<at]
        }
        var tag: Bytes?
        let separator = rest.lastIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
        if let separator, rest[separator] == UInt8(ascii: ":") {
            let found = rest[(separator + 1)...]
            guard isTag(found) else { return nil }
            tag = found
            rest = rest[..<separator]
        }
        var registry: Bytes?
        if let slash = rest.firstIndex(of: UInt8(ascii: "/")), namesRegistry(rest[..<slash]) {
            registry = rest[..<slash]
            rest = rest[(slash + 1)...]
        }
        if let named = registry {
            guard isRegistry(named) else { return nil }
            if equals(named, defaultRegistry) || equals(named, "index.docker.io") { registry = nil }
        }
        let isOfficial = registry == nil && !rest.contains(UInt8(ascii: "/"))
        let length = (registry?.count ?? defaultRegistry.utf8.count) + rest.count + (isOfficial ? officialPrefix.utf8.count : 0)
        guard isPath(rest), length < 255 else { return nil }
        let path = String(decoding: rest, as: UTF8.self)
        return ImageReference(
            registry: registry.map { String(decoding: $0, as: UTF8.self) } ?? defaultRegistry,
            path: isOfficial ? officialPrefix + path : path,
            tag: tag.map { String(decoding: $0, as: UTF8.self) },
            digest: digest
        )
    }

    /// The name without tag and digest, with its registry: `docker.io/library/alpine`.
    public var name: String { "\(registry)/\(path)" }

    /// The name as the docker command line prints it: `alpine`, `shop/api`, `registry.local:5000/shop/api`.
    public var familiarName: String { Self.familiar(registry: registry, path: path) }

    /// The reference as the docker command line prints it, with a mark at the end of its tag.
    ///
    /// A tag has 128 characters at most, so a long one is cut before the mark. A digest is left out.
    public func description(marked mark: String) -> String {
        var text = familiarName
        text += ":"
        if let tag { text += tag.prefix(128 - mark.utf8.count) } else { text += "latest" }
        text += mark
        return text
    }

    /// The reference as the docker command line prints it.
    public var description: String {
        let name = familiarName
        guard tag != nil || digest != nil else { return name }
        var text = ""
        text.reserveCapacity(name.utf8.count + (tag.map { $0.utf8.count + 1 } ?? 0) + (digest == nil ? 0 : 136))
        text += name
        if let tag {
            text += ":"
            text += tag
        }
        if let digest {
            text += "@"
            text += digest.description
        }
        return text
    }

    /// Orders by what is printed.
    public static func < (left: ImageReference, right: ImageReference) -> Bool {
        if left.digest == nil, right.digest == nil, let tag = left.tag, let other = right.tag, left.path == right.path,
            left.registry == right.registry
        {
            return tag < other
        }
        return left.description < right.description
    }

    /// Hashes what tells most references apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(tag)
        hasher.combine(digest)
    }

    private static let officialPrefix = "library/"

    static func familiar(registry: String, path: String) -> String {
        guard registry == defaultRegistry else { return "\(registry)/\(path)" }
        guard path.hasPrefix(officialPrefix) else { return path }
        let name = path.utf8.dropFirst(officialPrefix.utf8.count)
        return name.contains(UInt8(ascii: "/")) ? path : String(name) ?? path
    }

    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    /// Says whether the first of several components names a registry.
    private static func namesRegistry(_ component: Bytes) -> Bool {
        if equals(component, "localhost") { return true }
        return component.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || isUpper($0) }
    }

    private static func equals(_ bytes: Bytes, _ text: String) -> Bool { bytes.elementsEqual(text.utf8) }

    private static func isTag(_ text: Bytes) -> Bool {
        guard let first = text.first, text.count <= 128 else { return false }
        return isWord(first) && text.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Components of lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
    private static func isPath(_ bytes: Bytes) -> Bool {
        var index = bytes.startIndex
        while true {
            // A component, and each part of it after a separator, begins with a letter or a digit.
            guard index < bytes.endIndex, isLowerAlphanumeric(bytes[index]) else { return false }
            while index < bytes.endIndex, isLowerAlphanumeric(bytes[index]) { index += 1 }
            guard index < bytes.endIndex else { return true }
            let separator = bytes[index]
            var length = 0
            while index < bytes.endIndex, bytes[index] == separator {
                length += 1
                index += 1
            }
            switch separator {
            case UInt8(ascii: "-"): break
            case UInt8(ascii: "_") where length <= 2: break
            case UInt8(ascii: ".") where length == 1, UInt8(ascii: "/") where length == 1: break
            default: return false
            }
        }
    }

    private static func isRegistry(_ text: Bytes) -> Bool {
        guard let first = text.first else { return false }
        if first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = text[(text.startIndex + 1)..<end]
            guard !address.isEmpty, address.allSatisfy({ isHex($0) || $0 == UInt8(ascii: ":") }) else { return false }
            let after = text[(end + 1)...]
            return after.isEmpty || (after.first == UInt8(ascii: ":") && isPort(after.dropFirst()))
        }
        var host = text
        if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            guard isPort(text[(colon + 1)...]) else { return false }
            host = text[..<colon]
        }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last) && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: Bytes) -> Bool {
        !text.isEmpty && text.count <= 5 && text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || isUpper(byte)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        Digest.isLowerHex(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }
}
