import HookKit

/// What goes and what stays, as the settings say it.
struct RetentionPolicy: Sendable {
    var images: [ReferencePattern]
    var delete: [ReferencePattern]
    var keep: [ReferencePattern]
    var keepLast: Int?
    var olderThan: Duration?
    var versions: Int?
    var line: VersionLine
    var files: [ConfigPath]
    var engines: [String]

    /// Says whether the age of images matters.
    var needsDates: Bool { keepLast != nil || olderThan != nil }

    /// The first pattern that names a tag: by the name that the registry itself gives the repository, or with the registry's name in front of that.
    private static func pattern(in patterns: [ReferencePattern], _ repository: String, _ tag: String?, _ registry: String)
        -> ReferencePattern?
    {
        patterns.first { pattern in
            // A star must not cross from the registry's name into the path, and 'library/' is no part of what has another name.
            pattern.matches(repository: repository, tag: tag)
                || pattern.withoutRegistry(registry)?.matches(repository: repository, tag: tag) ?? false
        }
    }

    /// The first pattern that may mean a tag that stays: besides what names it, whatever matches it as docker reads references.
    private static func keepingPattern(in patterns: [ReferencePattern], _ repository: String, _ tag: String, _ registry: String)
        -> ReferencePattern?
    {
        if let pattern = pattern(in: patterns, repository, tag, registry) { return pattern }
        guard !patterns.isEmpty else { return nil }
        let forms = ["\(registry)/\(repository):\(tag)", "\(repository):\(tag)"].compactMap { ImageReference($0) }
        return patterns.first { pattern in forms.contains { pattern.matches($0) } }
    }

    /// What follows the registry's name where a pattern begins with it, in whatever case: names of hosts have none.
    private static func path(in pattern: String, of registry: String) -> String? {
        let host = pattern.prefix { $0 != "/" }
        guard host.endIndex < pattern.endIndex, host.utf8.count == registry.utf8.count, host.lowercased() == registry.lowercased() else {
            return nil
        }
        return String(pattern[pattern.index(after: host.endIndex)...])
    }

    /// Says whether the policy is about a tag at all.
    func covers(_ repository: String, _ tag: String, in registry: String) -> Bool {
        Self.pattern(in: images, repository, tag, registry) != nil
    }

    /// Why a tag stays by its name alone; `nil` where its name does not keep it.
    func keepingName(_ repository: String, _ tag: String, in registry: String) -> String? {
        if let pattern = Self.keepingPattern(in: keep, repository, tag, registry) { return "'keep' names it by '\(pattern)'" }
        if !delete.isEmpty, deletingPattern(repository, tag, in: registry) == nil { return "'delete' does not name it" }
        return nil
    }

    /// The pattern of `delete` that names a tag.
    func deletingPattern(_ repository: String, _ tag: String, in registry: String) -> ReferencePattern? {
        Self.pattern(in: delete, repository, tag, registry)
    }

    /// The repositories that `images` names without a wildcard, and whether that is all that it names: where a pattern has one, the registry must
    /// list its repositories.
    func literalRepositories(in registry: String) -> (names: [String], areAll: Bool) {
        let names = images.compactMap { literalRepository(of: $0, in: registry) }
        return (Set(names).sorted(), names.count == images.count)
    }

    /// The repository that a pattern names; `nil` where the name has a wildcard.
    private func literalRepository(of pattern: ReferencePattern, in registry: String) -> String? {
        let name = Self.name(of: pattern)
        if Self.hasWildcard(name) { return nil }
        return Self.path(in: name, of: registry) ?? name
    }

    /// Says whether a pattern, or a part of one, may stand for several names.
    static func hasWildcard(_ pattern: String) -> Bool { pattern.contains { "*?[\\".contains($0) } }

    /// The patterns of `images` with a wildcard that match no tag; but for the one for everything, and those of repositories that are missing.
    func unmatchedPatterns(
        among tags: [(repository: String, tag: String)],
        without missing: [String],
        in registry: String
    ) -> [ReferencePattern] {
        images.filter { pattern in
            guard Self.hasWildcard(pattern.description), pattern != .everything else { return false }
            if let name = literalRepository(of: pattern, in: registry), missing.contains(name) { return false }
            return !tags.contains { Self.pattern(in: [pattern], $0.repository, $0.tag, registry) != nil }
        }
    }

    /// The patterns of `delete` and `keep` that name a registry, without a wildcard and by what no repository can be called, and another one.
    func patternsOfOtherRegistries(than registry: String) -> [(key: String, pattern: ReferencePattern)] {
        let all = delete.map { ("delete", $0) } + keep.map { ("keep", $0) }
        return all.filter { _, pattern in
            let host = pattern.description.prefix { $0 != "/" }
            return !Self.hasWildcard(String(host)) && !pattern.mayMatchRepository && pattern.withoutRegistry(registry) == nil
        }
    }

    /// Says whether a pattern of `images` may name a tag of a repository.
    func mayCover(_ repository: String, in registry: String) -> Bool {
        let names = images.compactMap(\.repositories)
        return Self.pattern(in: names, repository, nil, registry) != nil
    }

    /// The part of a pattern before tag and digest.
    private static func name(of pattern: ReferencePattern) -> String {
        let text = pattern.description.prefix { $0 != "@" }
        let last = text.lastIndex(of: "/") ?? text.startIndex
        guard let colon = text[last...].lastIndex(of: ":") else { return String(text) }
        return String(text[..<colon])
    }
}
