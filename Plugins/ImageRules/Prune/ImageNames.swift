import HookKit

/// Which images a name or an ID, as somebody typed it, may mean.
struct ImageNames: Sendable {
    private var named: [String: Set<Digest>] = [:]
    private let identifiers: [Digest]

    /// Takes every name that the images have or had: where a name means several, each of them may be meant.
    init(_ world: PruneWorld) {
        identifiers = world.images.map(\.id)
        for image in world.images {
            let names = image.references + image.repositoryDigests + (world.formerNames[image.id] ?? [])
            for name in names + (world.generations[image.id] ?? []).map(\.reference) {
                named[name.description, default: []].insert(image.id)
            }
        }
    }

    /// The images that may be meant by a text.
    func images(meantBy text: String) -> Set<Digest> {
        var meant: Set<Digest> = []
        if let reference = ImageReference.typed(text) { meant = named[reference.description] ?? [] }
        // An ID may be as short as its typist liked.
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit) else { return meant }
        for identifier in identifiers where identifier.hex.hasPrefix(digits) { meant.insert(identifier) }
        return meant
    }
}

extension ImageReference {
    /// Takes a reference as it is typed where an image is wanted.
    static func typed(_ text: String) -> ImageReference? { ImageReference(text)?.withTag }

    /// The reference as it is meant where an image is wanted: without a tag and a digest it means `latest`.
    var withTag: ImageReference { tag == nil && digest == nil ? ImageReference("\(name):latest") ?? self : self }
}
