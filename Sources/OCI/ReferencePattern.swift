/// A glob over image references: `shop/*`, `*:latest`, `registry.local:5000/shop/*:v*`.
///
/// The pattern is anchored at both ends. `*` stands for any characters, `/` included, since names have any depth; `?` stands for one
/// character, `[a-c]` and `[!a-c]` for one of a set, and a backslash takes the next character as it is. A pattern without a tag matches every
/// tag, and one without a registry matches names as the docker command line prints them, as `docker images shop/api` does. A pattern
/// `sha256:<12 to 64 hex digits>` names an image by its ID.
///
/// Podman calls what it builds `localhost/shop/api`, which `shop/*` does not match: `localhost` is a registry like any other.
public struct ReferencePattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    public let description: String

    private let name: Glob
    private let tag: Glob?
    private let digest: Glob?
    private let identifierPrefix: String?

    /// The pattern that matches every image, those without a name included.
    public static let everything: ReferencePattern = {
        guard let pattern = ReferencePattern("*") else { preconditionFailure("'*' is a pattern") }
        return pattern
    }()

    /// Takes a pattern; `nil` where it is empty, has an unclosed set, or holds what neither a reference nor a glob does.
    ///
    /// Such are white space and control characters, and quotes, commas and braces: a list in JSON's notation would be a set of characters.
    public init?(_ text: String) {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy(Self.canHold) else { return nil }
        description = text
        if text.hasPrefix("sha256:") {
            let hex = text.dropFirst("sha256:".count)
            if (12...64).contains(hex.utf8.count), hex.utf8.allSatisfy(Digest.isLowerHex) {
                identifierPrefix = String(hex)
                guard let never = Glob("") else { return nil }
                (name, tag, digest) = (never, nil, nil)
                return
            }
        }
        identifierPrefix = nil
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            guard let glob = Glob(String(rest[rest.index(after: at)...])) else { return nil }
            digest = glob
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/")
        if let colon = rest.lastIndex(of: ":"), lastSlash.map({ colon > $0 }) ?? true {
            guard let glob = Glob(String(rest[rest.index(after: colon)...])) else { return nil }
            tag = glob
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        guard !rest.isEmpty, let glob = Glob(String(rest)) else { return nil }
        name = glob
    }

    private static func canHold(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return !scalar.properties.isWhitespace }
        return scalar.properties.isAlphabetic || "0123456789._-+/:@*?[]!^\\".unicodeScalars.contains(scalar)
    }

    /// Says whether the pattern matches a reference.
    public func matches(_ reference: ImageReference) -> Bool {
        guard identifierPrefix == nil else { return false }
        guard name.matches(reference.familiarName) || (namesDefaultRegistry && name.matches(reference.name)) else { return false }
        return matchesTagAndDigest(of: reference)
    }

    /// Says whether the pattern may mean a reference: it matches it, or it matches its full name with the registry that docker leaves out.
    ///
    /// For what must not be touched, where meaning too much is no loss: `*/alpine` may mean `docker.io/library/alpine`, and `shop/*` may mean
    /// `localhost/shop/api`, as Podman calls what was built as `shop/api`.
    public func mayMean(_ reference: ImageReference) -> Bool {
        guard identifierPrefix == nil else { return false }
        let names = [reference.familiarName, reference.name] + (reference.registry == "localhost" ? [reference.path] : [])
        return names.contains(where: name.matches) && matchesTagAndDigest(of: reference)
    }

    /// Says whether the pattern matches a repository, or one of its tags, by the name that the registry itself gives it.
    ///
    /// The name is taken as it stands: no registry and no `library/` is thought in front of it. With a tag, a pattern without one matches; a
    /// pattern with a tag matches no repository as a whole.
    public func matches(repository: String, tag: String?) -> Bool {
        guard identifierPrefix == nil, digest == nil, name.matches(repository) else { return false }
        guard let pattern = self.tag else { return true }
        return tag.map { pattern.matches($0) } ?? false
    }

    /// Whether the pattern begins with the registry that a name without one lies on.
    ///
    /// Only then is a name meant that has it in front: a star that crosses `/` would take a part of the registry's name for one of the image's.
    private var namesDefaultRegistry: Bool { name.description.hasPrefix(ImageReference.defaultRegistry + "/") }

    private func matchesTagAndDigest(of reference: ImageReference) -> Bool {
        if let tag {
            guard let own = reference.tag, tag.matches(own) else { return false }
        }
        if let digest {
            guard let own = reference.digest, digest.matches(own.description) else { return false }
        }
        return true
    }

    /// Says whether the pattern names the image with this ID.
    public func matches(identifier: Digest) -> Bool {
        guard let identifierPrefix else { return false }
        return identifier.algorithm == .sha256 && identifier.hex.hasPrefix(identifierPrefix)
    }

    /// Says whether the pattern matches everything, images without a name included.
    public var matchesEverything: Bool { description == "*" || description == "*:*" }
}
