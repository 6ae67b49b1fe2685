import HookKit

/// Tags that are known, and the patterns that match none of them: a pattern that names nothing is mostly a slip of the hand.
struct UnmatchedPatterns {
    private let tags: [ImageReference]

    /// Looks among these tags.
    init(among tags: some Sequence<ImageReference>) { self.tags = Array(tags) }

    /// The patterns that match no tag, but for the one for everything.
    func among(_ patterns: [ReferencePattern]) -> [ReferencePattern] {
        patterns.filter { pattern in !pattern.matchesEverything && !tags.contains(where: pattern.matches) }
    }

    /// A finding that says of a pattern that it matches nothing, in these words, and what was probably meant.
    func finding(_ pattern: ReferencePattern, _ words: String) -> Finding {
        .skipped(subject: pattern.description, type: "no-match", message: words + hint(pattern))
    }

    private func hint(_ pattern: ReferencePattern) -> String {
        if tags.isEmpty { return "; it has no tagged image at all" }
        if let near = proposals(pattern).first(where: { text in
            ReferencePattern(text).map { tags.contains(where: $0.matches) } ?? false
        }) {
            return "; did you mean '\(near)'?"
        }
        guard let repositories = pattern.repositories, let other = tags.filter(repositories.matches).min() else { return "" }
        return "; '\(other.familiarName)' is there with other tags, such as '\(other)'"
    }

    /// What may have been meant, the likeliest first.
    private func proposals(_ pattern: ReferencePattern) -> [String] {
        let text = pattern.description
        guard let name = pattern.repositories?.description, !tags.contains(where: { pattern.repositories?.matches($0) ?? false }) else {
            return []
        }
        // Podman calls what it builds so.
        let local = "localhost/\(text)"
        let names = Set(tags.map(\.familiarName)).sorted()
        guard let wildcard = name.firstIndex(where: { "*?[\\".contains($0) }) else {
            let near = NearestName.suggestion(for: name, among: names).map { [$0 + text.dropFirst(name.count), $0] } ?? []
            return [local] + near
        }
        // Before the wildcard, whole components can be compared.
        guard let slash = name[..<wildcard].lastIndex(of: "/") else { return [local] }
        let head = name[..<slash].split(separator: "/")
        let heads = Set(
            names.compactMap { name -> String? in
                let components = name.split(separator: "/")
                return components.count > head.count ? components.prefix(head.count).joined(separator: "/") : nil
            }
        ).sorted()
        let near = NearestName.suggestion(for: head.joined(separator: "/"), among: heads).map { ["\($0)\(text[slash...])"] } ?? []
        return [local] + near
    }
}
