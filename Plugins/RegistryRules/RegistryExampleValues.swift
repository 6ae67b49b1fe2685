import HookKit

/// Short ways to write the registries of the examples: a digest is one hexadecimal digit, repeated.
extension Digest {
    static func example(_ digit: Character) -> Digest {
        guard let digest = Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64)) else {
            preconditionFailure("'\(digit)' in an example is no lower-case hexadecimal digit")
        }
        return digest
    }

    /// The digest of the configuration of the example's image with a digit.
    static func exampleConfiguration(_ digit: Character) -> Digest {
        guard let digest = Digest(algorithm: .sha256, hex: "c0" + String(repeating: digit, count: 62)) else {
            preconditionFailure("'\(digit)' in an example is no lower-case hexadecimal digit")
        }
        return digest
    }
}

extension ImageReference {
    static func example(_ text: String) -> ImageReference {
        guard let reference = ImageReference(text) else { preconditionFailure("'\(text)' in an example is no reference") }
        return reference
    }
}

extension ExampleRegistry.Image {
    /// An image, some days old, or with a time of its own.
    static func image(
        _ digit: Character,
        daysOld: Int64 = 1,
        created: Timestamp? = nil,
        labels: [String: String] = [:],
        subject: Digest? = nil
    ) -> ExampleRegistry.Image {
        ExampleRegistry.Image(
            RegistryManifest(
                descriptor: RegistryDescriptor(digest: .example(digit), mediaType: MediaType.ociManifest),
                content: .image(
                    configuration: RegistryDescriptor(
                        digest: .exampleConfiguration(digit),
                        mediaType: "application/vnd.oci.image.config.v1+json"
                    )
                ),
                subject: subject
            ),
            configuration: RegistryImageConfiguration(
                created: created ?? ExampleWorld.now - .seconds(86_400 * daysOld),
                labels: labels
            )
        )
    }

    /// An index of images.
    static func index(_ digit: Character, of children: [Character]) -> ExampleRegistry.Image {
        let platforms = ["linux/amd64", "linux/arm64", "linux/s390x"]
        return ExampleRegistry.Image(
            RegistryManifest(
                descriptor: RegistryDescriptor(digest: .example(digit), mediaType: MediaType.ociIndex),
                content: .index(
                    zip(children, platforms).map { child, platform in
                        RegistryDescriptor(digest: .example(child), mediaType: MediaType.ociManifest, platform: platform)
                    }
                )
            )
        )
    }
}

extension EngineImage {
    /// An image whose ID is the digest of its configuration in the registry of the example.
    static func pushable(_ digit: Character, _ tags: String...) -> EngineImage {
        EngineImage(
            id: .exampleConfiguration(digit),
            references: tags.map { .example($0) },
            created: ExampleWorld.now - .seconds(3600),
            size: "80MB"
        )
    }
}
