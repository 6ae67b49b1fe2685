import FoundationEssentials

/// What a user shows to a registry; its text never shows the secret.
enum RegistryCredential: Hashable, Sendable {
    /// A name and a password.
    case password(user: String, secret: String)
    /// A token that buys others (OAuth 2, "refresh token").
    case identityToken(String)
    /// A token that is shown as it is.
    case registryToken(String)

    /// What must appear in no message.
    var secrets: [String] {
        switch self {
        case .password(let user, let secret): [secret, Self.encoded(user, secret)]
        case .identityToken(let token), .registryToken(let token): [token]
        }
    }

    /// The header field for basic authentication; `nil` where there is no password.
    var basic: String? {
        guard case .password(let user, let secret) = self else { return nil }
        return "Basic \(Self.encoded(user, secret))"
    }

    private static func encoded(_ user: String, _ secret: String) -> String { Data("\(user):\(secret)".utf8).base64EncodedString() }
}

extension RegistryCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind, without the secret.
    var description: String {
        switch self {
        case .password(let user, _): "the password of '\(user)'"
        case .identityToken: "an identity token"
        case .registryToken: "a registry token"
        }
    }

    /// The kind, without the secret.
    var debugDescription: String { description }

    /// Nothing, so that a dump shows no secret either.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
