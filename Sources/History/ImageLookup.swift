package import HookKit
import OCI

/// The image that a person means by an ID, a part of one, a name or a digest.
package enum ImageLookup: Hashable, Sendable {
    /// This one.
    case found(EngineImage)
    /// Any of these, by their IDs.
    case ambiguous([EngineImage])
    /// None; what was probably meant.
    case missing(near: NearTags)

    /// Looks a text up as the docker command line does: as a name first, then as the beginning of an ID.
    ///
    /// A name without a registry is looked for on `localhost` too, where Podman keeps what was built under such a name.
    package static func find(_ text: String, among images: [EngineImage]) -> ImageLookup {
        if let reference = ImageReference(text) {
            if let digest = reference.digest {
                let known = images.first { image in
                    image.repositoryDigests.contains { $0.name == reference.name && $0.digest == digest }
                }
                return known.map { .found($0) } ?? .missing(near: .none)
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
            return .missing(near: .none)
        }
        return .missing(near: near(text, among: images.flatMap(\.references)))
    }

    /// How many tags of a repository are named.
    private static let namedTags = 5

    /// The tags of the repository that was named, or of one whose name is almost so; the ledger answers in the same way.
    private static func near(_ text: String, among references: [ImageReference]) -> NearTags {
        guard let wanted = (ImageReference(text) ?? ImageReference(text.lowercased()))?.latest else {
            let name = NearestName.suggestion(for: text, among: references.map(\.description))
            return references.first { $0.description == name }.map { .similar($0) } ?? .none
        }
        let names = [wanted.name, wanted.onLocalhost?.name]
        let tags = references.filter { names.contains($0.name) }.sorted()
        if !tags.isEmpty {
            let name = NearestName.suggestion(for: wanted.tag ?? "", among: tags.compactMap(\.tag))
            if let near = tags.first(where: { $0.tag == name }) { return .similar(near) }
            return .sameRepository(Array(tags.prefix(namedTags)), more: max(0, tags.count - namedTags))
        }
        guard let name = NearestName.suggestion(for: wanted.familiarName, among: Set(references.map(\.familiarName)).sorted()) else {
            return .none
        }
        let others = references.filter { $0.familiarName == name }.sorted()
        return (others.first { $0.tag == wanted.tag } ?? others.first).map { .similar($0) } ?? .none
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
