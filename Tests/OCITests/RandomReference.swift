/// A valid reference of random parts, and patterns that match it.
struct RandomReference {
    private let name: String
    private let tag: String?
    private let digest: String?

    /// The reference.
    var text: String { name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

    init(_ random: inout SplitMix) {
        let lower = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let mixed = lower + Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        func word(_ letters: [Character], _ random: inout SplitMix) -> String {
            String((0..<Int.random(in: 1...4, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
        }
        let separators = ["", ".", "_", "__", "-", "---"]
        var path: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            path.append(word(lower, &random) + (separators.randomElement(using: &random) ?? "") + word(lower, &random))
        }
        let hosts = ["", "", "docker.io/", "localhost/", "LOCAL/", "[::1]:5000/", "[fe80::A]/", "\(word(mixed, &random)).local:5000/"]
        let name = (hosts.randomElement(using: &random) ?? "") + path.joined(separator: "/")
        // A digest's own word is no repository's name in a pattern.
        self.name = name == "sha256" ? "sha2" : name
        tag = Bool.random(using: &random) ? word(mixed + ["_"], &random) + (Bool.random(using: &random) ? ".-" : "") : nil
        let hex = String((0..<64).compactMap { _ in "0123456789abcdef".randomElement(using: &random) })
        digest = Int.random(in: 0..<4, using: &random) == 0 ? "sha256:\(hex)" : nil
    }

    /// A pattern that matches the reference: parts of it replaced by what stands for them.
    func pattern(_ random: inout SplitMix) -> String {
        var text = Self.glob(name, &random)
        // A star that takes the slash behind a port leaves a colon that would begin a tag.
        let hasColonLast = text[(text.lastIndex(of: "/") ?? text.startIndex)...].contains(":")
        if let tag {
            text += Bool.random(using: &random) || hasColonLast ? ":" + Self.glob(tag, &random) : ""
        } else if hasColonLast {
            text = "*"
        }
        if let digest, Bool.random(using: &random) { text += "@" + Self.glob(digest, &random) }
        return text
    }

    private static func glob(_ text: String, _ random: inout SplitMix) -> String {
        var result = ""
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                result += "*"
                rest = rest.dropFirst(Int.random(in: 0..<6, using: &random))
            case 1: result += "*\(escaped(character))"
            case 2: result += "?"
            case 3 where character.isLetter || character.isNumber: result += "[\(character)]"
            case 4 where character.isLetter || character.isNumber: result += "[x\(character)-\(character)y]"
            case 5: result += "[!+]"
            case 6: result += "\\\(character)"
            default: result += escaped(character)
            }
        }
        return result
    }

    /// The brackets of an address would be those of a set.
    private static func escaped(_ character: Character) -> String { "[]".contains(character) ? "\\\(character)" : String(character) }
}
