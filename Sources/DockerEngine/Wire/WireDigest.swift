import HookKit
import OCI

/// An image's ID as engines write it: `sha256:` and 64 hexadecimal digits, and in some of Podman's answers the digits alone.
struct WireDigest: Decodable, Hashable {
    /// The ID; `nil` for an empty text, which stands for no image, as does `sha256:` alone in Podman's answers.
    let digest: Digest?

    /// Takes an ID; throws for what is neither empty nor one.
    init(_ text: String) throws(WireFailure) {
        guard !text.isEmpty, text != "sha256:" else {
            digest = nil
            return
        }
        let read = text.contains(":") ? Digest(text) : Digest(algorithm: .sha256, hex: text)
        guard let read, read.algorithm == .sha256 else {
            throw WireFailure("'\(EngineAnswer.oneLine(text))' where the ID of an image belongs")
        }
        digest = read
    }

    /// Takes an ID that was read.
    init(digest: Digest?) { self.digest = digest }

    /// Decodes an ID.
    init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// The ID; throws where there is none.
    func required() throws(WireFailure) -> Digest {
        guard let digest else { throw WireFailure("an image without an ID") }
        return digest
    }
}
