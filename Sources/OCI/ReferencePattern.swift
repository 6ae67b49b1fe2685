/// A glob over image references: `shop/*`, `*:latest`, `registry.local:5000/shop/*:v*`.
///
/// The pattern is anchored at both ends. `*` stands for any characters, `/` included, since names have any depth; `?` stands for one
/// character, `[a-c]` and `[!a-c]` for one of a set, and a backslash takes the next character as it is. A pattern without a tag matches every
/// tag, and one without a registry matches names as the docker command line prints them, as `docker images shop/api` does; with `library/` in
/// front it matches what docker resolves so, and prints without it, and `index.docker.io/` is as good as `docker.io/`. A pattern
/// `sha256:<12 to 64 hex digits>` names an image by its ID; 12 to 64 such digits alone, as `docker images` prints an ID, do that as well as
/// naming a repository. A text that cannot match any reference is no pattern.
///
/// Podman calls what it builds `localhost/shop/api`, which `shop/*` does not match: `localhost` is a registry like any other.
public struct ReferencePattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    public let description: String

    /// `nil` where the pattern names nothing but an ID.
    private let name: Glob?
    private let tag: Glob?
    private let digest: Glob?
    private let identifierPrefix: String?

    /// The pattern that matches every image, those without a name included.
    public static let everything: ReferencePattern = {
        guard let pattern = ReferencePattern("*") else { preconditionFailure("'*' is a pattern") }
        return pattern
    }()

    /// Takes a pattern; `nil` where the text is none.
    public init?(_ text: String) {
        do { self = try ReferencePattern(checking: text) } catch { return nil }
    }

    /// Takes a pattern, and says of a text that is none why it can match no reference.
    ///
    /// White space, control characters, quotes, commas and braces are refused wherever they stand: a list in JSON's notation would be a set of
    /// characters.
    public init(checking text: String) throws(InvalidReferencePattern) {
        guard !text.isEmpty else { throw InvalidReferencePattern("it is empty") }
        if let scalar = text.unicodeScalars.first(where: { !Self.canHold($0) }) { throw .holding(scalar) }
        description = text
        if text.hasPrefix("sha256:") {
            guard let digits = Self.identifierDigits(text.dropFirst("sha256:".count)) else {
                throw InvalidReferencePattern("'sha256:' and 12 to 64 hexadecimal digits name an image by its ID")
            }
            identifierPrefix = digits
            (name, tag, digest) = (nil, nil, nil)
            return
        }
        // `5168ba5daa76*` is written by those who do not know that the digits are enough.
        identifierPrefix = Self.identifierDigits(text.hasSuffix("*") ? text.dropLast() : Substring(text))
        let parts = Self.parts(of: text)
        guard !parts.name.isEmpty else {
            throw InvalidReferencePattern("the name is missing; '*' stands for every name")
        }
        let name = try Self.glob(parts.name)
        let tag = try parts.tag.map { text throws(InvalidReferencePattern) in try Self.glob(text) }
        let digest = try parts.digest.map { text throws(InvalidReferencePattern) in try Self.glob(text) }
        if let mismatch = name.mismatch(with: .name) {
            throw .name(parts.name, mismatch, rest: String(text.dropFirst(parts.name.count)))
        }
        if let tag, let mismatch = tag.mismatch(with: .tag) { throw .tag(tag.description, mismatch, name: parts.name) }
        if let digest, digest.mismatch(with: .digest) != nil || !Self.isLengthOfDigest(digest.onlyLength) { throw .digest }
        (self.name, self.tag, self.digest) = (name, tag, digest)
    }

    private init(_ description: String, name: Glob, tag: Glob?, digest: Glob?) {
        (self.description, self.name, self.tag, self.digest, identifierPrefix) = (description, name, tag, digest, nil)
    }

    /// The parts of a pattern, as those of a reference are told apart.
    private static func parts(of text: String) -> (name: String, tag: String?, digest: String?) {
        var rest = Substring(text)
        var digest: String?
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        let lastSlash = rest.lastIndex(of: "/")
        guard let colon = rest.lastIndex(of: ":"), lastSlash.map({ colon > $0 }) ?? true else { return (String(rest), nil, digest) }
        return (String(rest[..<colon]), String(rest[rest.index(after: colon)...]), digest)
    }

    private static func glob(_ text: String) throws(InvalidReferencePattern) -> Glob {
        guard let glob = Glob(text) else {
            throw InvalidReferencePattern("a '[' needs its ']', a range such as [a-c] runs upwards, and a '\\' stands before a character")
        }
        return glob
    }

    /// The digits of an image's ID, where a text is nothing else and has enough of them.
    private static func identifierDigits(_ text: Substring) -> String? {
        (12...64).contains(text.utf8.count) && text.utf8.allSatisfy(Digest.isLowerHex) ? String(text) : nil
    }

    /// Says whether a digest may have this length; whichever is as good as the right one.
    private static func isLengthOfDigest(_ length: Int?) -> Bool {
        length == nil || Digest.Algorithm.allCases.contains { $0.rawValue.utf8.count + 1 + $0.hexCount == length }
    }

    private static func canHold(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return !scalar.properties.isWhitespace }
        return scalar.properties.isAlphabetic || "0123456789._-+/:@*?[]!^\\".unicodeScalars.contains(scalar)
    }

    /// Says whether the pattern matches a reference.
    public func matches(_ reference: ImageReference) -> Bool {
        guard let name else { return false }
        return names(of: reference).contains(where: name.matches) && matchesTagAndDigest(of: reference)
    }

    /// Says whether the pattern may mean a reference: it matches it, or it matches its full name with the registry that docker leaves out.
    ///
    /// For what must not be touched, where meaning too much is no loss: `*/alpine` may mean `library/alpine`, and `shop/*` may mean
    /// `localhost/shop/api`, as Podman calls what was built as `shop/api`.
    public func mayMean(_ reference: ImageReference) -> Bool {
        guard let name else { return false }
        var names = names(of: reference)
        switch reference.registry {
        case ImageReference.defaultRegistry:
            // The other spelling is thought in front of nothing: a pattern means it where it has it.
            names += [reference.familiarName, reference.path] + Self.fullNames(of: reference, with: "docker.io/")
        case "localhost": names.append(reference.path)
        default: break
        }
        return names.contains(where: name.matches) && matchesTagAndDigest(of: reference)
    }

    /// Says whether the pattern matches a repository, or one of its tags, by the name that the registry itself gives it.
    ///
    /// The name is taken as it stands: no registry and no `library/` is thought in front of it. With a tag, a pattern without one matches; a
    /// pattern with a tag matches no repository as a whole.
    public func matches(repository: String, tag: String?) -> Bool {
        guard digest == nil, let name, name.matches(repository) else { return false }
        guard let pattern = self.tag else { return true }
        return tag.map { pattern.matches($0) } ?? false
    }

    /// The names of a reference that the pattern is compared with: that which docker prints, and where the pattern spells out what docker leaves out,
    /// those that have it.
    ///
    /// Only then is a name meant that has it in front: a star that crosses `/` would take a part of the registry's name for one of the image's.
    private func names(of reference: ImageReference) -> [String] {
        guard reference.registry == ImageReference.defaultRegistry, let text = name?.description else { return [reference.familiarName] }
        if text.hasPrefix("library/") { return [reference.path] }
        guard let spelling = Self.defaultRegistrySpellings.first(where: text.hasPrefix) else { return [reference.familiarName] }
        return Self.fullNames(of: reference, with: spelling)
    }

    /// How a name begins that spells out the registry which docker leaves out.
    private static let defaultRegistrySpellings = ["docker.io/", "index.docker.io/"]

    /// What an image may be called with the registry in front that docker leaves out: with or without its `library/`.
    private static func fullNames(of reference: ImageReference, with spelling: String) -> [String] {
        [spelling + reference.path, spelling + reference.familiarName]
    }

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

    /// Says whether the pattern names an image by its ID; it may name a repository as well.
    public var namesIdentifier: Bool { identifierPrefix != nil }

    /// Says whether the pattern names an image by its ID and nothing else, so that it matches no reference.
    public var namesOnlyIdentifier: Bool { name == nil }

    /// Says whether the pattern has a tag.
    public var hasTag: Bool { tag != nil }

    /// Says whether the pattern has a digest.
    public var hasDigest: Bool { digest != nil }

    /// Says whether the pattern may match a repository, or a tag of one, by the name that the registry itself gives it.
    ///
    /// Such a name has no registry in it, and so neither a port nor capitals.
    public var mayMatchRepository: Bool { digest == nil && name.map { $0.mismatch(with: .path) == nil } ?? false }

    /// The pattern without the registry that it begins with; `nil` where it begins with another.
    ///
    /// Names of hosts are the same in whatever case.
    package func withoutRegistry(_ registry: String) -> ReferencePattern? {
        guard let name = name?.description else { return nil }
        let host = name.prefix { $0 != "/" }
        guard host.endIndex < name.endIndex, host.utf8.count == registry.utf8.count, host.lowercased() == registry.lowercased(),
            let path = Glob(String(name[name.index(after: host.endIndex)...]))
        else { return nil }
        return ReferencePattern(String(description[description.index(after: host.endIndex)...]), name: path, tag: tag, digest: digest)
    }

    /// The pattern of the repositories that it names tags of.
    package var repositories: ReferencePattern? {
        name.map { ReferencePattern($0.description, name: $0, tag: nil, digest: nil) }
    }

    /// Says whether the pattern matches everything, images without a name included.
    public var matchesEverything: Bool { description == "*" || description == "*:*" }
}
