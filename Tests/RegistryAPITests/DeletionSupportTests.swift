import HookKit
import HookTesting
import RegistryAPI
import Testing

/// What a registry can delete, and what it can be asked.
@Suite struct DeletionSupportTests: RegistryFaultSuite {
    @Test func aRegistryWithoutAnAPIForReferrersIsAskedForItOnce() async throws {
        let absent = Self.image.digest
        try await withRegistry { request in
            request.path.contains("/referrers/") || request.path.contains("/manifests/") ? .whole("404 page not found", status: 404) : nil
        } body: { client, server, _ async throws in
            let tag = "sha256-\(absent.hex)"
            #expect(try await client.referrers(of: absent, in: "a") == [])
            #expect(try await client.referrers(of: absent, in: "a", knowing: ["v1"]) == [])
            #expect(try await client.referrers(of: absent, in: "a", knowing: ["v1", tag]) == [])
            #expect(
                server.requests.map(\.target) == [
                    "/v2/", "/v2/a/referrers/\(absent)", "/v2/a/manifests/\(tag)", "/v2/a/manifests/\(tag)",
                ]
            )
        }
    }

    @Test(arguments: [(404, RegistryDeletionSupport.tags), (202, .tags), (400, .manifests), (405, .manifests)])
    func whatIsDeletedIsToldByWhatIsNotThere(_ status: Int, _ expected: RegistryDeletionSupport) async throws {
        try await withRegistry { request in
            guard request.method == "DELETE" else { return nil }
            return .whole("", status: request.path.contains("sha256:") ? 404 : status)
        } body: { client, server, _ async throws in
            #expect(try await client.deletionSupport(in: "a") == expected)
            #expect(
                server.requests.filter { $0.method == "DELETE" }.allSatisfy { $0.path.contains("hook-asks-") || $0.path.hasSuffix("0000") }
            )
        }
    }
}
