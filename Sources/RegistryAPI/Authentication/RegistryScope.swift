/// What a request needs a token for.
enum RegistryScope: Hashable, Sendable {
    /// Nothing but an answer.
    case none
    /// The list of repositories.
    case catalog
    /// Reading in a repository.
    case pull(String)
    /// Writing in a repository.
    case push(String)
    /// Deleting in a repository.
    case delete(String)

    /// The scope as a token's server is asked for it, where the registry does not say it itself.
    ///
    /// Source: distribution, "Token Scope Documentation".
    var text: String? {
        switch self {
        case .none: nil
        case .catalog: "registry:catalog:*"
        case .pull(let repository): "repository:\(repository):pull"
        case .push(let repository): "repository:\(repository):pull,push"
        case .delete(let repository): "repository:\(repository):delete"
        }
    }
}
