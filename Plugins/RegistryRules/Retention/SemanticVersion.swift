import HookKit

/// A tag that is a version: `v1.2.3`, `1.2.3-rc.1`, `1.2.3-alpine`.
///
/// Source: Semantic Versioning 2.0.0. A suffix that is no pre-release, such as `-alpine`, names a variant of the image: a line of its own.
struct SemanticVersion: Hashable, Comparable, Sendable {
    /// What a pre-release calls itself, in whatever version scheme.
    private static let stages: Set = [
        "alpha", "a", "beta", "b", "rc", "pre", "preview", "dev", "snapshot", "nightly", "canary", "next", "m",
    ]

    /// The first number.
    let major: Int
    /// The second number.
    let minor: Int
    /// The third number.
    let patch: Int
    /// The parts of what stands before a release; empty for a release.
    let stage: [String]
    /// What tells variants of one version apart; empty for the plain one.
    let variant: String

    /// Reads a tag; `nil` for one that is no version.
    init?(_ tag: String) {
        var text = Substring(tag)
        if text.hasPrefix("v") || text.hasPrefix("V") { text = text.dropFirst() }
        let end = text.firstIndex { $0 == "-" || $0 == "_" } ?? text.endIndex
        let numbers = text[..<end].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let major = Self.number(numbers[0]), let minor = Self.number(numbers[1]),
            let patch = Self.number(numbers[2])
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
        var stage: [String] = []
        var variant: [String] = []
        for part in text[end...].split(whereSeparator: { $0 == "-" || $0 == "_" }) {
            let pieces = part.split(separator: ".").flatMap { Self.pieces(of: $0.lowercased()) }
            let word = pieces.first.map { $0.prefix { !("0"..."9").contains($0) } } ?? ""
            if variant.isEmpty, word.isEmpty || Self.stages.contains(String(word)) {
                stage += pieces
            } else {
                variant.append(part.lowercased())
            }
        }
        self.stage = stage
        self.variant = variant.joined(separator: "-")
    }

    /// Says whether it stands before a release.
    var isPrerelease: Bool { !stage.isEmpty }

    /// Orders by precedence; variants do not differ in it.
    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (first, second) = ([left.major, left.minor, left.patch], [right.major, right.minor, right.patch])
        if first != second { return first.lexicographicallyPrecedes(second) }
        if left.stage.isEmpty || right.stage.isEmpty { return !left.stage.isEmpty && right.stage.isEmpty }
        for (one, other) in zip(left.stage, right.stage) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?): if one != other { return one < other }
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): return one < other
            }
        }
        return left.stage.count < right.stage.count
    }

    /// A word for a stage and the number behind it: `rc10` is what `rc.10` is.
    private static func pieces(of text: String) -> [String] {
        let word = text.prefix { !("0"..."9").contains($0) }
        guard stages.contains(String(word)), word.endIndex < text.endIndex, number(text[word.endIndex...]) != nil else { return [text] }
        return [String(word), String(text[word.endIndex...])]
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// What versions are counted together.
enum VersionLine: String, SettingChoice, Sendable {
    /// Those with the same first number.
    case major
    /// Those with the same first two numbers.
    case minor
}
