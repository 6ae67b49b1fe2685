import HTTPTransport

/// A request to an engine.
struct EngineRequest: Sendable {
    /// What is done.
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// What is done.
    let method: Method
    /// The path, escaped, with the version of the API in front.
    let path: String
    /// Names and values, not escaped.
    let query: [(name: String, value: String)]
    /// Until the answer must be whole.
    let limit: Duration

    /// Asks a question.
    static func get(_ path: String, _ query: [(String, String)] = [], limit: Duration) -> EngineRequest {
        EngineRequest(method: .get, path: path, query: query.map { (name: $0.0, value: $0.1) }, limit: limit)
    }

    /// Removes something.
    static func delete(_ path: String, _ query: [(String, String)] = [], limit: Duration) -> EngineRequest {
        EngineRequest(method: .delete, path: path, query: query.map { (name: $0.0, value: $0.1) }, limit: limit)
    }

    /// Has something done.
    static func post(_ path: String, _ query: [(String, String)] = [], limit: Duration) -> EngineRequest {
        EngineRequest(method: .post, path: path, query: query.map { (name: $0.0, value: $0.1) }, limit: limit)
    }

    /// Path and query as they are sent.
    var target: String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0.name)=\($0.value.percentEncoded(keeping: ""))" }.joined(separator: "&")
    }

    /// The request as a message names it: without its query, but with what Podman's own removal names in one.
    var name: String {
        let named = query.first { $0.name == "images" }.map { "?images=\($0.value)" } ?? ""
        return "'\(method.rawValue) \(path)\(named)'"
    }
}
