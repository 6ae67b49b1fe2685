import RegistryStorage

/// Writes a store of a chosen size for measurements, with the list of what a collection of untagged manifests removes.
package struct SizedStore {
    /// The shape of the store.
    package struct Shape: Sendable {
        /// How many repositories.
        package var repositories = 50
        /// How many manifests each repository has.
        package var manifests = 200
        /// How many of them are tagged; each tag was moved there from a manifest that is untagged now, as far as there are any.
        package var tags = 100
        /// How many layers an image has of its own.
        package var ownLayers = 1
        /// How many layers an image shares with the others of its repository.
        package var sharedLayers = 4
        /// How many bytes a layer has.
        package var layerSize = 64

        package init() {}
    }

    /// What a collection of untagged manifests removes, one path a line, relative to the root of the store.
    package private(set) var garbage: [String] = []

    /// Writes the store.
    package init(_ builder: StoreBuilder, _ shape: Shape) {
        for repository in 0..<shape.repositories {
            let name = "team-\(repository % 7)/app-\(repository)"
            let padding = String(repeating: ".", count: max(shape.layerSize - 40, 0))
            let shared = (0..<shape.sharedLayers).map { builder.blob(Array("shared \($0) of \(name) \(padding)".utf8)) }
            var images: [StoreBuilder.Part] = []
            for number in 0..<shape.manifests {
                let config = builder.blob(
                    Array("{\"architecture\":\"amd64\",\"os\":\"linux\",\"number\":\(number),\"of\":\"\(name)\"}".utf8)
                )
                let own = (0..<shape.ownLayers).map { builder.blob(Array("layer \($0) of \(number) of \(name) \(padding)".utf8)) }
                let image = builder.image(config, shared + own, in: name)
                images.append(image)
                if number >= shape.tags { note([config] + own, image, name) }
            }
            for tag in 0..<min(shape.tags, shape.manifests) {
                if shape.tags + tag < shape.manifests {
                    let former = images[shape.tags + tag]
                    builder.tag("v\(tag)", former.key, in: name)
                    garbage.append(RegistryLayout.tagEntry(former.key, EntryName("v\(tag)"), of: EntryName(name)).description)
                }
                builder.tag("v\(tag)", images[tag].key, in: name)
            }
        }
    }

    private mutating func note(_ parts: [StoreBuilder.Part], _ image: StoreBuilder.Part, _ name: String) {
        garbage.append(RegistryLayout.revision(image.key, of: EntryName(name)).description)
        for part in parts { garbage.append(RegistryLayout.layer(part.key, of: EntryName(name)).description) }
        for part in parts + [image] { garbage.append(RegistryLayout.blob(part.key).description) }
    }
}
