import FoundationEssentials
import HTTPTransport

/// A token that a token's server gave.
struct AccessToken: Sendable {
    private struct Answer: Decodable {
        let token: String?
        let access: String?
        let lifetime: Double?

        enum CodingKeys: String, CodingKey {
            case token
            case access = "access_token"
            case lifetime = "expires_in"
        }
    }

    /// The token.
    let text: String
    /// From when on another is fetched.
    let expiry: ContinuousClock.Instant

    /// Reads the answer of a token's server; `nil` where it holds no token.
    init?(_ body: Data, now: ContinuousClock.Instant) {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: body) else { return nil }
        let candidates = [answer.token, answer.access].compactMap { $0 }.filter { !$0.isEmpty }
        // What is put into a header field must not end it.
        guard let text = candidates.first, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        self.text = text
        // A minute where nothing is said (so the specification), and ten seconds less, because a request takes its time.
        let lifetime = max(0, min(answer.lifetime ?? 60, 86_400))
        expiry = now + .seconds(lifetime > 20 ? lifetime - 10 : lifetime / 2)
    }
}
