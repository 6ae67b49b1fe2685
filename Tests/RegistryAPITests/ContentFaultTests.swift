import Foundation
import HookKit
import HookTesting
import OCI
import RegistryAPI
import Testing

/// Content that is not what was asked for, or never ends.
@Suite struct ContentFaultTests: RegistryFaultSuite {
    @Test func contentThatIsNotWhatItsDigestSaysIsRefused() async throws {
        let other = TestContent.image(layer: "other")
        let said = other.digest
        let own = Self.image.digest
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/manifests/v1' with content whose digest is \(own), not \(said): it is damaged or was exchanged",
            from: { $0.path == "/v2/" ? nil : Self.manifest(Self.image, digest: said) }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/manifests/\(said)' with content whose digest is \(own), not \(said): it is damaged or was exchanged",
            from: { $0.path == "/v2/" ? nil : Self.manifest(Self.image) }
        ) {
            _ = try await $0.manifest(.digest(said), in: "a")
        }
        try await expect(
            .wrongDigest,
            "@ answered 'HEAD /v2/a/manifests/\(said)' with \(own), which is not what was asked for",
            from: { $0.path == "/v2/" ? nil : ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Docker-Content-Digest", "\(own)")]))]) }
        ) {
            _ = try await $0.descriptor(of: .digest(said), in: "a")
        }
        let configuration = RegistryDescriptor(digest: said, mediaType: "application/vnd.oci.image.config.v1+json")
        try await expect(
            .wrongDigest,
            "@ answered 'GET /v2/a/blobs/\(said)' with content whose digest is \(TestContent.digest(Data("{}".utf8))), not \(said): "
                + "it is damaged or was exchanged",
            from: { _ in nil }
        ) {
            _ = try await $0.configuration(configuration, in: "a")
        }
    }

    @Test func aBodyWithoutEndIsNotReadToItsEnd() async throws {
        let chunk = [UInt8](repeating: 0x20, count: 4096)
        for path in ["/v2/a/manifests/v1", "/v2/"] {
            try await expect(
                .badAnswer,
                "@ answered 'GET \(path)' with more than \(path == "/v2/" ? "50kB" : "100kB"), which is more than hook reads",
                from: { $0.path == path ? .endless(chunk) : nil }
            ) {
                _ = try await $0.manifest(.tag("v1"), in: "a")
            }
        }
        // A body that is announced is not even begun.
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with more than 100kB, which is more than hook reads",
            from: { request in
                guard request.path == "/v2/a/manifests/v1" else { return nil }
                return ScriptedAnswer([.send(ScriptedAnswer.head(200, [("Content-Length", "1000000000000")])), .fallSilent])
            }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    @Test func silenceEndsInTime() async throws {
        var limits = Self.limits
        limits.question = .milliseconds(50)
        try await expect(
            .timeout,
            "@ did not answer 'GET /v2/' within 0 seconds; see whether it is overloaded",
            limits: limits,
            from: { _ in .silence }
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }

    @Test func manifestsThatMakeNoSenseAreRefused() async throws {
        func document(_ text: String) -> Answers {
            { $0.path == "/v2/" ? nil : .whole(text, fields: [("Content-Type", MediaType.ociIndex)]) }
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with 'sha256:../x' where a digest belongs",
            from: document(#"{"manifests":[{"digest":"sha256:../x"}]}"#)
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
        let deep = String(repeating: "[", count: 40_000)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/manifests/v1' with something that is not the document expected (40kB)",
            from: document(deep)
        ) {
            _ = try await $0.manifest(.tag("v1"), in: "a")
        }
    }
}
