import FoundationEssentials
import HTTPTransport
import NIOCore

extension EngineAnswer {
    private struct Complaint: Decodable {
        let message: String?
        let cause: String?
    }

    /// What the engine gave as its reason, on one line of at most 400 characters.
    ///
    /// Docker and Podman answer with a `message`; an old Docker Engine, a proxy or something that is no engine answers with whatever it likes.
    var complaint: String {
        if body.readableBytes == 0 { return "no reason given" }
        if let message = try? JSONDecoder().decode(Complaint.self, from: text).message, !message.isEmpty { return Self.oneLine(message) }
        let start = String(decoding: text.prefix(4000), as: UTF8.self)
        if start.lowercased().contains("<html") { return "an HTML page; is a proxy or another program in the engine's place?" }
        return Self.oneLine(start)
    }

    /// What Podman calls the kind of the failure.
    var cause: String? { try? JSONDecoder().decode(Complaint.self, from: text).cause }

    /// A text from outside as part of a message: white space and control characters become single spaces, and a full stop at the end goes.
    static func oneLine(_ text: String) -> String { text.oneLine }
}
