import HTTPTransport

/// A request to a registry.
struct RegistryRequest: Sendable {
    /// What is done.
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case options = "OPTIONS"
        case delete = "DELETE"

        /// Says whether it can be sent again whatever became of it.
        var isQuestion: Bool { self != .delete }
    }

    /// What is done.
    let method: Method
    /// The path, escaped, with `/v2/` in front.
    let path: String
    /// The query, escaped; empty where there is none.
    var query = ""
    /// What a token is needed for.
    let scope: RegistryScope
    /// The media types that are understood.
    var accept: [String] = []
    /// Until the answer must be whole.
    let limit: Duration
    /// How large the body may be.
    let size: Int
    /// Says whether it is about nothing that there is, so that it deletes nothing whatever its method.
    var isProbe = false

    /// Path and query as they are sent.
    var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// Says whether it is sent again when the registry has no time for it: what a deletion was decided on is old by then.
    var isRepeated: Bool { method.isQuestion || isProbe }

    /// The request as a message names it: without its query, which may hold what is nobody's business.
    var name: String { "'\(method.rawValue) \(path.oneLine)'" }
}
