import HookKit
import HookTesting
import OCI
import RegistryAPI
import RegistryStorage
import Testing

/// What a real registry holds, read and deleted.
@Suite(.enabled(if: RealRegistry.isThere)) struct ReadingTests {
    @Test func tagsManifestsAndConfigurationsAreRead() async throws {
        try await RealRegistry.withOne { registry async throws in
            let first = TestContent.image(labels: ["org.opencontainers.image.revision": "1a2b3c"])
            let arm = TestContent.image(layer: "arm")
            let index = TestContent.index([("amd64", first), ("arm64", arm)])
            let signature = TestContent.image(layer: "signature", subject: first)
            try await registry.push(first, to: "shop/api", tag: "v1")
            try await registry.push(first, to: "shop/api", tag: "latest")
            try await registry.push(index, to: "shop/api", tag: "multi")
            try await registry.push(signature, to: "shop/api", tag: "signature")
            try await TestConnections.withOne(access: .readOnly) { connections async throws in
                let client = try connections.client(registry.name)
                #expect(client.name == registry.name)
                #expect(try await client.repositories() == ["shop/api"])
                #expect(try await client.tags(of: "shop/api") == ["latest", "multi", "signature", "v1"])
                #expect(try await client.tags(of: "shop/none") == nil)
                let descriptor = try await client.descriptor(of: .tag("v1"), in: "shop/api")
                let size = ByteSize(bytes: Int64(first.manifest.count))
                #expect(descriptor == RegistryDescriptor(digest: first.digest, mediaType: MediaType.ociManifest, size: size))
                #expect(try await client.descriptor(of: .digest(first.digest), in: "shop/api") == descriptor)
                #expect(try await client.descriptor(of: .tag("none"), in: "shop/api") == nil)
                let manifest = try #require(try await client.manifest(.tag("latest"), in: "shop/api"))
                #expect(manifest.descriptor == descriptor)
                #expect(manifest.children == [])
                #expect(manifest.subject == nil)
                let configuration = try #require(manifest.configuration)
                #expect(configuration.digest == TestContent.digest(first.blobs[0]))
                #expect(
                    try await client.configuration(configuration, in: "shop/api")
                        == RegistryImageConfiguration(
                            created: Timestamp(rfc3339: "2026-01-02T03:04:05Z"),
                            labels: ["org.opencontainers.image.revision": "1a2b3c"]
                        )
                )
                let children = try #require(try await client.manifest(.digest(index.digest), in: "shop/api")).children
                #expect(children.map(\.digest) == [first.digest, arm.digest])
                #expect(children.map(\.platform) == ["linux/amd64", "linux/arm64"])
                #expect(try await client.manifest(.tag("signature"), in: "shop/api")?.subject == first.digest)
                #expect(try await client.manifest(.tag("none"), in: "shop/api") == nil)
                #expect(try await client.hasBlob(configuration.digest, in: "shop/api"))
                #expect(try await client.hasBlob(TestContent.image(layer: "none").digest, in: "shop/api") == false)
            }
        }
    }

    @Test func theCatalogIsReadPageByPage() async throws {
        try await RealRegistry.withOne { registry async throws in
            let names = ["a", "a/b", "c/d/e", "f", "g"]
            for name in names { try await registry.push(.image(), to: name, tag: "v1") }
            var limits = RegistryLimits()
            limits.pageLength = 2
            try await TestConnections.withOne(limits: limits) { connections async throws in
                #expect(try await connections.client(registry.name).repositories() == names)
            }
        }
    }

    /// This registry has no API for them, so that the tag that stands for it is read.
    @Test func referrersAreFoundByTheirTag() async throws {
        try await RealRegistry.withOne { registry async throws in
            let image = TestContent.image()
            let signature = TestContent.image(layer: "signature", subject: image)
            try await registry.push(image, to: "shop/api", tag: "v1")
            try await TestConnections.withOne { connections async throws in
                let client = try connections.client(registry.name)
                #expect(try await client.referrers(of: image.digest, in: "shop/api") == [])
                try await registry.push(.index([("amd64", signature)]), to: "shop/api", tag: "sha256-\(image.digest.hex)")
                #expect(try await client.referrers(of: image.digest, in: "shop/api").map(\.digest) == [signature.digest])
            }
        }
    }

    @Test func aManifestIsDeletedWithEveryTag() async throws {
        try await RealRegistry.withOne { registry async throws in
            let image = TestContent.image()
            let other = TestContent.image(layer: "other")
            try await registry.push(image, to: "shop/api", tag: "v1")
            try await registry.push(image, to: "shop/api", tag: "v2")
            try await registry.push(other, to: "shop/api", tag: "v3")
            try await TestConnections.withOne { connections async throws in
                let client = try connections.client(registry.name)
                #expect(try await client.deletionSupport(in: "shop/api") == .manifests)
                await #expect(
                    throws: RegistryError(
                        .unsupported,
                        "the registry '\(registry.name)' deletes no tags, only manifests by their digest"
                    )
                ) {
                    try await client.deleteTag("v1", in: "shop/api")
                }
                #expect(try await client.tags(of: "shop/api") == ["v1", "v2", "v3"])
                #expect(try await client.deleteManifest(image.digest, in: "shop/api") == .deleted)
                #expect(try await client.deleteManifest(image.digest, in: "shop/api") == .absent)
                #expect(try await client.tags(of: "shop/api") == ["v3"])
            }
        }
    }

    @Test func aDryRunDeletesNothing() async throws {
        try await RealRegistry.withOne { registry async throws in
            let image = TestContent.image()
            try await registry.push(image, to: "shop/api", tag: "v1")
            try await TestConnections.withOne(access: .readOnly) { connections async throws in
                let client = try connections.client(registry.name)
                #expect(try await client.deletionSupport(in: "shop/api") == .manifests)
                let start = "a dry run deletes nothing, so the registry '\(registry.name)' is not asked to delete "
                await #expect(throws: RegistryError(.dryRun, start + "the tag 'shop/api:v1'")) {
                    try await client.deleteTag("v1", in: "shop/api")
                }
                await #expect(throws: RegistryError(.dryRun, start + "'shop/api@\(image.digest)'")) {
                    try await client.deleteManifest(image.digest, in: "shop/api")
                }
                let running = try connections.registries.running(at: "http://\(registry.name)")
                #expect(
                    await running.unlinkBlob(image.digest, in: "shop/api") == .failed(start + "the blob 'shop/api@\(image.digest)'")
                )
                #expect(try await client.tags(of: "shop/api") == ["v1"])
            }
        }
    }

    @Test(arguments: [true, false]) func aRegistryThatDeletesNothingSaysSo(isReadOnly: Bool) async throws {
        try await RealRegistry.withOne { writable async throws in
            let image = TestContent.image()
            try await writable.push(image, to: "shop/api", tag: "v1")
            let setup = RealRegistry.Setup(deletes: false, isReadOnly: isReadOnly, storage: writable.directory["store"])
            try await RealRegistry.withOne(setup) { registry async throws in
                try await TestConnections.withOne { connections async throws in
                    let client = try connections.client(registry.name)
                    #expect(try await client.deletionSupport(in: "shop/api") == .nothing)
                    let error = await #expect(throws: RegistryError.self) {
                        try await client.deleteManifest(image.digest, in: "shop/api")
                    }
                    let reason = isReadOnly ? "Method not allowed" : "UNSUPPORTED: The operation is unsupported"
                    #expect(error?.code == .unsupported)
                    #expect(
                        error?.description
                            == "the registry '\(registry.name)' answered 'DELETE /v2/shop/api/manifests/\(image.digest)' with 405: "
                            + "\(reason); allow deletes in the registry's configuration (`storage: delete: enabled: true`)"
                    )
                }
            }
        }
    }

    @Test func aCollectorLearnsWhetherPushesCanHappen() async throws {
        try await RealRegistry.withOne { registry async throws in
            let image = TestContent.image()
            try await registry.push(image, to: "shop/api", tag: "v1")
            let layer = TestContent.digest(image.blobs[1])
            try await TestConnections.withOne { connections async throws in
                let running = try connections.registries.running(at: "http://\(registry.name)")
                #expect(await running.state() == .writable)
                #expect(await running.tags(of: "shop/api") == ["v1"])
                #expect(await running.tags(of: "shop/none") == nil)
                #expect(await running.hasBlob(layer, in: "shop/api") == true)
                #expect(await running.unlinkBlob(layer, in: "shop/api") == .unlinked)
                #expect(await running.hasBlob(layer, in: "shop/api") == false)
                #expect(await running.unlinkBlob(layer, in: "shop/api") == .unknown)
                // Nothing was written while it was asked.
                let repositories = "store/docker/registry/v2/repositories"
                #expect(registry.directory.exists("\(repositories)/shop"))
                #expect(!registry.directory.exists("\(repositories)/hook"))
                #expect(!registry.directory.exists("\(repositories)/shop/none"))
            }
            let setup = RealRegistry.Setup(isReadOnly: true, storage: registry.directory["store"])
            var port = 0
            try await RealRegistry.withOne(setup) { readOnly async throws in
                port = readOnly.port
                try await TestConnections.withOne { connections async throws in
                    let running = try connections.registries.running(at: readOnly.name)
                    #expect(await running.state() == .readOnly)
                    #expect(await running.unlinkBlob(layer, in: "shop/api") == .notAllowed)
                }
            }
            try await TestConnections.withOne { connections async throws in
                #expect(await (try connections.registries.running(at: "127.0.0.1:\(port)")).state() == .stopped)
            }
        }
    }

    @Test(arguments: [
        // The token's server is down.
        (status: 401, field: "WWW-Authenticate", value: #"Bearer realm="http://127.0.0.1:1/token",service="s""#),
        // What the registry redirects to is down.
        (status: 307, field: "Location", value: "http://127.0.0.1:1/v2/"),
    ])
    func whatAnswersIsNotTakenToBeStopped(status: Int, field: String, value: String) async throws {
        let answer = ScriptedAnswer.whole("{}", status: status, fields: [(field, value)])
        try await ScriptedServer.withOne(on: .loopback, answer: { _ in answer }) { server in
            try await TestConnections.withOne { connections async throws in
                let state = await (try connections.registries.running(at: "http://127.0.0.1:\(server.port)")).state()
                guard case .unclear(let words) = state else {
                    Issue.record("\(state)")
                    return
                }
                #expect(words.contains("connection refused") && words.contains("127.0.0.1:1"), "\(words)")
            }
        }
    }
}
