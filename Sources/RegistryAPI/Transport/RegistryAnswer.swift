import FoundationEssentials
import HTTPTransport

/// A whole answer of a registry or of a token's server.
struct RegistryAnswer: Sendable {
    /// The HTTP status.
    let status: Int
    /// The header fields that matter, by their names in lower case; several of one name are joined by `, `.
    let fields: [String: String]
    /// The values of `WWW-Authenticate`, one for each time that it came; empty where another server than the registry answered.
    var challenges: [String]
    /// The body.
    let body: Data
    /// What stood in `Authorization`, so that it can be kept out of messages.
    var authorization: String?

    /// Says whether what was asked was done.
    var isSuccess: Bool { (200..<300).contains(status) }

    private struct Complaint: Decodable {
        struct Entry: Decodable {
            let code: String?
            let message: String?
        }

        let errors: [Entry]?
        let details: String?
    }

    private var entries: [Complaint.Entry]? { (try? JSONDecoder().decode(Complaint.self, from: body))?.errors }

    /// The codes of the errors that the registry names: `MANIFEST_UNKNOWN`.
    var codes: [String] { entries?.compactMap(\.code) ?? [] }

    /// What was given as the reason, on one line of at most 400 characters, without the secrets.
    func complaint(concealing secrets: [String]) -> String {
        var text: String
        if body.isEmpty {
            text = "no reason given"
        } else if let entries, !entries.isEmpty {
            text = entries.map { [$0.code, $0.message].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ") }.joined(
                separator: "; "
            )
        } else {
            text = String(decoding: body.prefix(4000), as: UTF8.self)
            if text.lowercased().contains("<html") { return "an HTML page; is a proxy or another program in the registry's place?" }
        }
        // A server that says back what it was sent would make the report public what only it should know.
        for secret in secrets + [authorization?.split(separator: " ").last.map(String.init) ?? ""] where secret.utf8.count > 2 {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        let line = text.oneLine
        return line.isEmpty ? "no reason given" : line
    }

    /// How long the server asks to wait; `nil` where it does not say.
    func retryAfter(now: () -> Int64) -> Duration? {
        guard let text = fields["retry-after"] else { return nil }
        if let seconds = Int64(text), seconds >= 0 { return .seconds(seconds) }
        guard let time = HTTPDate.seconds(of: text) else { return nil }
        return .seconds(max(0, time - now()))
    }
}
