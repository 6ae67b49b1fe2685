import HookKit

/// The `index.json` of an OCI layout.
///
/// Source: OCI Image Format Specification, "Image Layout".
struct OCIIndex: Decodable {
    /// An image, or an index of one image's variants.
    struct Descriptor: Decodable {
        private let digest: String
        private let annotations: [String: String]?

        /// The image, with the name that loading gives it.
        ///
        /// Source: containerd, `core/images/archive/importer.go`: the first annotation is the whole name, the second one names where the
        /// first is missing. The second may be a tag by itself, which is not a name.
        var image: ImageArchiveContents.Image {
            let whole = annotations?["io.containerd.image.name"]
            let partial = annotations?["org.opencontainers.image.ref.name"]
            let name = [whole, partial].compactMap { $0 }.first { !$0.isEmpty }
            return ImageArchiveContents.Image(identifier: digest, references: name.map { [$0] } ?? [])
        }
    }

    /// What the layout holds.
    let manifests: [Descriptor]
}
