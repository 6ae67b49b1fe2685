import Foundation
import Glibc
import HookKit
import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// What is mounted by itself within a store, and what belongs to another user.
@Suite(.serialized) struct MountTests {
    @Test(.enabled(if: Mounting.isPossible, Mounting.reason), arguments: ["blobs", "blobs/sha256", "repositories/a", "_hook"])
    func aStoreInWhichAPartIsMountedByItselfIsLeftAlone(part: String) async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let place = "\(store.path)/docker/registry/v2/\(part)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try await Mounting.withMount(.itself, at: place) {
            let before = store.files()
            await #expect(
                throws: RegistryStoreError(
                    .unusable,
                    "'\(place)' is mounted by itself in '\(store.path)/docker/registry/v2', so that nothing is changed: what goes is renamed into "
                        + "'\(store.path)/docker/registry/v2/_hook', which works only within one mount; mount the directory above both"
                )
            ) {
                _ = try await store.service().collect(FullDiskTests.request(store.path, registry: nil), isDryRun: false)
            }
            #expect(store.files() == before)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only the superuser gives files away")) func whatTheSuperuserMakesBelongsToTheOwnerOfTheStore()
        async throws
    {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let base = "\(store.path)/docker/registry/v2"
        #expect(try await runProcess(["chown", "-R", "65534:65534", store.path]).exitCode == 0)
        let report = try await store.service().collect(FullDiskTests.request(store.path, registry: nil), isDryRun: false)
        #expect(report.failures == [] && report.trash != nil)
        let others = try await runProcess(["find", base, "!", "-uid", "65534"])
        #expect(others.exitCode == 0 && others.standardOutput == "")
        // Also what an earlier run made for itself.
        #expect(try await runProcess(["chown", "0:0", base + "/_hook", base + "/_hook/lock"]).exitCode == 0)
        withExtendedLifetime(try StorageLock(StorageRoot(path: store.path))) {}
        let left = try await runProcess(["find", base, "!", "-uid", "65534"])
        #expect(left.exitCode == 0 && left.standardOutput == "")
    }
}
