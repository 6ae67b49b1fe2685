/// What a registry wants to see: one challenge of `WWW-Authenticate`.
///
/// Sources: RFC 9110, section 11.6.1; distribution, "Token Authentication Specification".
struct AuthenticationChallenge: Hashable, Sendable {
    /// The scheme in lower case: `basic`, `bearer`.
    let scheme: String
    /// The parameters, their names in lower case.
    let parameters: [String: String]

    /// Reads every challenge of the header fields; what is none is left out.
    static func all(in fields: [String]) -> [AuthenticationChallenge] { fields.flatMap { read(Array($0.unicodeScalars)) } }

    private static func read(_ text: [Unicode.Scalar]) -> [AuthenticationChallenge] {
        var found: [AuthenticationChallenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        var position = 0

        func skip(_ characters: String) {
            while position < text.count, characters.unicodeScalars.contains(text[position]) { position += 1 }
        }
        func word() -> String {
            var word = ""
            while position < text.count, !" \t,=\"".unicodeScalars.contains(text[position]) {
                word.unicodeScalars.append(text[position])
                position += 1
            }
            return word
        }
        func quoted() -> String {
            var value = ""
            position += 1
            while position < text.count, text[position] != "\"" {
                if text[position] == "\\", position + 1 < text.count { position += 1 }
                value.unicodeScalars.append(text[position])
                position += 1
            }
            position += 1
            return value
        }
        func finish() {
            if let scheme { found.append(AuthenticationChallenge(scheme: scheme, parameters: parameters)) }
            parameters = [:]
        }
        while position < text.count {
            skip(" \t,")
            let name = word().lowercased()
            guard !name.isEmpty else {
                position += 1
                continue
            }
            skip(" \t")
            if scheme != nil, position < text.count, text[position] == "=" {
                position += 1
                skip(" \t")
                parameters[name] = position < text.count && text[position] == "\"" ? quoted() : word()
            } else {
                finish()
                scheme = name
            }
        }
        finish()
        return found
    }
}
