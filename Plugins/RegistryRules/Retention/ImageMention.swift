import HookKit

/// The name of an image somewhere outside of the registry: in a file, or at a container.
///
/// What cannot be known of it is taken to be anything, so that what may be meant is kept: a variable stands for every text, and the registry's name
/// does not count, since one registry has several.
struct ImageMention: Sendable {
    /// Where it was found, for a reason: `deploy/compose.yml:12`.
    let place: String
    /// The digest, where one is written out.
    let digest: Digest?
    private let paths: [Glob]
    private let tag: Glob?

    /// Reads a name as it is written; `nil` where it is empty.
    init?(_ text: String, at place: String) {
        var text = Substring(text)
        text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        guard !text.isEmpty else { return nil }
        self.place = place
        let all = Self.pieces(of: text)
        let at = all.firstIndex(of: .character("@"))
        digest = at.flatMap { Digest(Self.text(of: all[($0 + 1)...]) ?? "") }
        // What stands for a digest may be the digest of any tag.
        let isDigestOpen = at != nil && digest == nil
        let pieces = all[..<(at ?? all.endIndex)]
        let lastSlash = pieces.lastIndex(of: .character("/"))
        let last = pieces[(lastSlash.map { $0 + 1 } ?? pieces.startIndex)...]
        let colon = last.lastIndex(of: .character(":"))
        // A variable at the end of the path may hold the tag as well.
        let isOpen = last.contains(.anything)
        let name = Array(pieces[..<(colon ?? pieces.endIndex)])
        if isDigestOpen {
            tag = Glob("*")
        } else if let colon {
            tag = Self.glob(Array(pieces[(colon + 1)...]))
        } else if digest != nil {
            tag = nil
        } else {
            tag = Glob(isOpen ? "*" : "latest")
        }
        var paths = [Self.glob(name)]
        if let slash = name.firstIndex(of: .character("/")), Self.isRegistry(name[..<slash]) {
            paths.append(Self.glob(Array(name[(slash + 1)...])))
        }
        self.paths = paths.compactMap { $0 }
    }

    /// Says whether it may mean a tag, or a digest that the tag stands for.
    func mayMean(_ path: String, tag name: String, in registry: String, digests: Set<Digest>) -> Bool {
        if let digest, digests.contains(digest) { return true }
        guard let tag, tag.matches(name) else { return false }
        return mayName(path, in: registry)
    }

    /// Says whether its name may be that of a repository.
    func mayName(_ path: String, in registry: String) -> Bool {
        paths.contains { glob in
            // Docker adds 'library/' to a name of one word.
            glob.matches(path) || glob.matches("\(registry)/\(path)")
                || path.hasPrefix("library/") && glob.matches(String(path.dropFirst(8)))
        }
    }

    // MARK: Variables

    private enum Piece: Hashable {
        case character(Character)
        case anything
    }

    /// The text, with `${NAME…}`, `$NAME`, `$(…)`, `{{…}}` and `<…>` as one piece each.
    private static func pieces(of text: Substring) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while let first = rest.first {
            var end: Substring.Index?
            if rest.hasPrefix("{{") {
                end = rest.firstRange(of: "}}")?.upperBound ?? rest.endIndex
            } else if rest.hasPrefix("${") {
                end = closing(of: rest, "{", "}")
            } else if rest.hasPrefix("$(") {
                end = closing(of: rest, "(", ")")
            } else if first == "<" {
                end = rest.firstIndex(of: ">").map { rest.index(after: $0) } ?? rest.endIndex
            } else if first == "$" {
                let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                end = name.endIndex
            } else if first == "*" || first == "?" {
                // What is no part of a name is a placeholder of some tool.
                end = rest.index(after: rest.startIndex)
            }
            if let end {
                if pieces.last != .anything { pieces.append(.anything) }
                rest = rest[end...]
            } else {
                pieces.append(.character(first))
                rest = rest.dropFirst()
            }
        }
        return pieces
    }

    /// The pieces as they were written; `nil` where one stands for anything.
    private static func text(of pieces: ArraySlice<Piece>) -> String? {
        var text = ""
        for piece in pieces {
            guard case .character(let character) = piece else { return nil }
            text.append(character)
        }
        return text
    }

    private static func closing(of text: Substring, _ open: Character, _ close: Character) -> Substring.Index {
        var depth = 0
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close {
                depth -= 1
                if depth == 0 { return text.index(after: index) }
            }
        }
        return text.endIndex
    }

    private static func glob(_ pieces: [Piece]) -> Glob? {
        Glob(
            pieces.map { piece in
                switch piece {
                case .anything: "*"
                case .character(let character): "[\\".contains(character) ? "\\\(character)" : String(character)
                }
            }.joined()
        )
    }

    private static func isRegistry(_ first: ArraySlice<Piece>) -> Bool {
        first.contains(.character(".")) || first.contains(.character(":")) || first.contains(.anything)
            || first.elementsEqual("localhost".map { Piece.character($0) })
    }
}
