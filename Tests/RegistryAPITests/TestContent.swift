import Foundation
import OCI

@testable import RegistryAPI

/// Something that a test puts into a registry, with what it needs there.
struct TestContent: Sendable {
    let mediaType: String
    let manifest: Data
    /// Blobs that the manifest names.
    let blobs: [Data]
    /// Manifests that the manifest names.
    let children: [TestContent]

    var digest: Digest { Self.digest(manifest) }

    static func digest(_ data: Data) -> Digest {
        guard let digest = RegistryClient.digest(of: data) else { preconditionFailure("SHA-256 is always computed") }
        return digest
    }

    /// An image whose configuration says when it was made.
    static func image(
        created: String = "2026-01-02T03:04:05Z",
        labels: [String: String] = [:],
        layer: String = "layer",
        subject: TestContent? = nil
    ) -> TestContent {
        let texts = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        let configuration = Data(
            #"{"created":"\#(created)","architecture":"amd64","os":"linux","config":{"Labels":{\#(texts)}},"rootfs":{"type":"layers","diff_ids":[]}}"#
                .utf8
        )
        let content = Data(layer.utf8)
        let belongs = subject.map {
            #","subject":{"mediaType":"\#($0.mediaType)","digest":"\#($0.digest)","size":\#($0.manifest.count)}"#
        }
        let text = #"""
            {"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)",
             "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest(configuration))","size":\#(configuration.count)},
             "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#(digest(content))","size":\#(content.count)}]\#(belongs ?? "")}
            """#
        return TestContent(mediaType: MediaType.ociManifest, manifest: Data(text.utf8), blobs: [configuration, content], children: [])
    }

    /// An index of images, one for each architecture.
    static func index(_ children: [(architecture: String, content: TestContent)]) -> TestContent {
        let entries = children.map { child in
            #"{"mediaType":"\#(child.content.mediaType)","digest":"\#(child.content.digest)","size":\#(child.content.manifest.count),"platform":{"os":"linux","architecture":"\#(child.architecture)"}}"#
        }
        let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries.joined(separator: ","))]}"#
        return TestContent(mediaType: MediaType.ociIndex, manifest: Data(text.utf8), blobs: [], children: children.map(\.content))
    }
}
