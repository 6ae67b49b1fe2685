import FoundationEssentials
import HTTPTransport
import HookKit
import OCI

/// A manifest or an index as registries send it.
///
/// Sources: OCI Image Format Specification, "Image Manifest" and "Image Index"; Docker "Image Manifest Version 2, Schema 2".
struct WireManifest: Decodable {
    /// A reference to content.
    struct Descriptor: Decodable {
        struct Platform: Decodable {
            let os: String?
            let architecture: String?
            let variant: String?
        }

        let mediaType: String?
        let digest: String
        let size: Int64?
        let platform: Platform?
        let annotations: LooseTexts?
    }

    let mediaType: String?
    let config: Descriptor?
    let manifests: [Descriptor]?
    let subject: Descriptor?
    let annotations: LooseTexts?
}

extension WireManifest.Descriptor {
    /// The reference; throws where its digest is none.
    func descriptor() throws(WireFailure) -> RegistryDescriptor {
        guard let digest = Digest(digest) else { throw WireFailure("'\(digest.oneLine)' where a digest belongs") }
        return RegistryDescriptor(
            digest: digest,
            mediaType: mediaType ?? "",
            size: ByteSize(bytes: max(0, size ?? 0)),
            platform: platform.map { platform in
                [platform.os, platform.architecture, platform.variant].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "/")
            },
            annotations: annotations?.texts ?? [:]
        )
    }
}

extension WireManifest {
    /// The manifest; throws where a digest in it is none.
    func manifest(_ descriptor: RegistryDescriptor) throws(WireFailure) -> RegistryManifest {
        let content: RegistryManifest.Content
        // One that has both is read as what keeps more.
        if let manifests {
            var children: [RegistryDescriptor] = []
            for manifest in manifests { children.append(try manifest.descriptor()) }
            content = .index(children)
        } else if let config {
            content = .image(configuration: try config.descriptor())
        } else {
            content = .other
        }
        return RegistryManifest(
            descriptor: descriptor,
            content: content,
            subject: try subject?.descriptor().digest,
            annotations: annotations?.texts ?? [:]
        )
    }
}
