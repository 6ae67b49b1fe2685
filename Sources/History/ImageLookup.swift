package import HookKit
import OCI

/// The image that a person means by an ID, a part of one, a name or a digest.
package enum ImageLookup: Hashable, Sendable {
    /// This one.
    case found(EngineImage)
    /// Any of these, by their IDs.
    case ambiguous([EngineImage])
    /// None; a name that was probably meant.
    case missing(near: String?)

    /// Looks a text up as the docker command line does: as a name first, then as the beginning of an ID.
    ///
    /// A name without a registry is looked for on `localhost` too, where Podman keeps what was built under such a name.
    package static func find(_ text: String, among images: [EngineImage]) -> ImageLookup {
        if let reference = ImageReference(text) {
            if let digest = reference.digest {
                let known = images.first { image in
                    image.repositoryDigests.contains { $0.name == reference.name && $0.digest == digest }
                }
                return known.map { .found($0) } ?? .missing(near: nil)
            }
            let names = [reference.latest, reference.latest.onLocalhost]
            for name in names.compactMap({ $0 }) {
                if let image = images.first(where: { $0.references.contains(name) }) { return .found(image) }
            }
        }
        let isDigest = text.hasPrefix("sha256:")
        let digits = isDigest ? String(text.dropFirst("sha256:".count)) : text
        if !digits.isEmpty, digits.utf8.count <= 64, digits.utf8.allSatisfy({ isHex($0) }) {
            let found = images.filter { $0.id.algorithm == .sha256 && $0.id.hex.hasPrefix(digits) }.sorted { $0.id < $1.id }
            if found.count == 1 { return .found(found[0]) }
            if found.count > 1 { return .ambiguous(found) }
            if isDigest, let digest = Digest(text),
                let image = images.first(where: { $0.repositoryDigests.contains { $0.digest == digest } })
            {
                return .found(image)
            }
            return .missing(near: nil)
        }
        return .missing(near: NearestName.suggestion(for: text, among: images.flatMap(\.references).map(\.description)))
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
