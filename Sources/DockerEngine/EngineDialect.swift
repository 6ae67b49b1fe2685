import HTTPTransport
import HookKit

/// What an engine says of its language on `/_ping`, and so how it is spoken to.
struct EngineDialect: Hashable, Sendable {
    /// The version that is spoken: the newest that both know.
    let version: APIVersion
    /// The version of Podman's own API, such as `4.3.1`; `nil` where the engine is not Podman.
    let libpodVersion: String?

    /// The path of a request of the Docker API.
    func path(_ path: String) -> String { "/v\(version)\(path)" }

    /// Reads the answer to `/_ping`, which was a success.
    init(_ answer: EngineAnswer, from subject: String) throws(EngineError) {
        guard let text = answer.apiVersion, let offered = APIVersion(text) else {
            throw EngineError(
                .badAnswer,
                "\(subject) answered \(answer.request.name) without a version of the Docker Engine API; is it another program's address?"
            )
        }
        guard offered >= APIVersion.oldest else {
            throw EngineError(
                .unsupported,
                "\(subject) speaks version \(offered) of the Docker Engine API; "
                    + "the oldest that hook speaks is \(APIVersion.oldest) (Docker 19.03), so update the engine"
            )
        }
        version = min(offered, .newest)
        libpodVersion = answer.libpodVersion.flatMap { text in
            text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") } ? text : text.split(separator: "-").first.map(String.init)
        }
    }

    /// The path of a request of Podman's own API; `nil` where the engine is not Podman.
    func libpodPath(_ path: String) -> String? { libpodVersion.map { "/v\($0)/libpod\(path)" } }

    /// Says whether Podman answers.
    var isPodman: Bool { libpodVersion != nil }

    /// The path of Podman's own removal of images, which leaves the parents alone when asked to; `nil` before Podman 4.3, which cannot.
    ///
    /// Podman's Docker-compatible removal takes `noprune` but does not follow it: observed with 4.3.1, it removes the untagged parents too.
    var libpodRemovalPath: String? {
        guard let libpodVersion else { return nil }
        let numbers = libpodVersion.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) >= (4, 3) else { return nil }
        return libpodPath("/images/remove")
    }
}
