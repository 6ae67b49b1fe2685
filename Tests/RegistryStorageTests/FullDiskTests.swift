import Foundation
import Glibc
import HookKit
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// Collections as the rules make them, on a file system in which there is no room for one more directory.
@Suite(.serialized, .enabled(Mounting.diskReason) { await Mounting.canMountDisk() }) struct FullDiskTests {
    /// A registry at whose address nothing listens.
    struct Stopped: RunningRegistry {
        func state() async -> RunningRegistryState { .stopped }
        func tags(of repository: String) async -> [String]? { nil }
        func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { nil }
        func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome { .notAllowed }
    }

    static func service(after seconds: Int64 = 0) -> LocalRegistryStores {
        LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow + seconds * 1_000_000_000) },
            wait: { _ in },
            connect: { _ in Stopped() }
        )
    }

    static func request(_ root: String, registry: String?) -> RegistryCollection {
        var request = RegistryCollection(root: root, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.deletesEmptyRepositories = true
        request.registry = registry
        return request
    }

    /// Takes all room there is, to the last directory.
    private func fill(_ path: String) {
        let file = open(path + "/filler", O_WRONLY | O_CREAT, 0o644)
        for size in [1 << 20, 4096, 1] {
            let bytes = [UInt8](repeating: 7, count: size)
            while write(file, bytes, size) > 0 {}
        }
        close(file)
        var number = 0
        while mkdir("\(path)/filler-\(number)", 0o755) == 0 { number += 1 }
        #expect(errno == ENOSPC)
    }

    private func broken(_ path: String) async throws -> [StorageProblem] {
        try await StorageChecker(root: StorageRoot(path: path), jobs: 1).check().broken
    }

    private func left(_ path: String) async throws -> Int {
        let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }
        let plan = try await StorageCollector(root: StorageRoot(path: path), policy: policy).plan()
        return plan.count(of: .blob) + plan.count(of: .revision) + plan.count(of: .layerLink)
    }

    @Test func whileARegistryIsStoppedTheFirstRunMakesRoomAndTheNextFinishes() async throws {
        try await Mounting.withDisk { path in
            let store = path + "/store"
            FaultTests.fill(StoreBuilder(path: store))
            fill(path)
            let request = Self.request(store, registry: "http://registry")
            let first = try await Self.service().collect(request, isDryRun: false)
            #expect(first.groups.contains { $0.subject == "blobs" }, "\(first)")
            #expect(try await broken(store) == [])
            let second = try await Self.service().collect(request, isDryRun: false)
            #expect(second.failures == [], "\(second)")
            #expect(try await left(store) == 0)
            #expect(try await broken(store) == [])
            #expect(first.freed + second.freed > .zero)
            #expect(try Trash(root: StorageRoot(path: store)).runs() == [])
        }
    }

    @Test func whereARunWasBeforeItsReserveTakesWhatIsMovedAside() async throws {
        try await Mounting.withDisk { path in
            let store = path + "/store"
            let builder = StoreBuilder(path: store)
            builder.tag("v1", builder.image(builder.blob(Array("kept".utf8)), [], in: "kept").key, in: "kept")
            let request = Self.request(store, registry: nil)
            #expect(try await Self.service().collect(request, isDryRun: false).failures == [])
            FaultTests.fill(builder)
            fill(path)
            let first = try await Self.service().collect(request, isDryRun: false)
            #expect(first.failures == [] && first.problems == [], "\(first)")
            #expect(first.keptUntil != nil && first.freed == .zero)
            #expect(try await left(store) == 0)
            let second = try await Self.service(after: 3601).collect(request, isDryRun: false)
            #expect(second.failures == [] && second.freed >= first.reclaimed, "\(second)")
            #expect(try Trash(root: StorageRoot(path: store)).runs() == [])
            #expect(try await broken(store) == [])
        }
    }

    @Test func whilePushesCanHappenAFirstRunBreaksNothingAndSaysHowToGoOn() async throws {
        try await Mounting.withDisk { path in
            let store = path + "/store"
            FaultTests.fill(StoreBuilder(path: store))
            fill(path)
            let report = try await Self.service().collect(Self.request(store, registry: nil), isDryRun: false)
            #expect(!report.failures.isEmpty)
            #expect(
                report.notes.contains(
                    "the disk is too full to move anything aside: stop the registry and give its address as 'registry', or make room for some "
                        + "directories, and run again"
                )
            )
            #expect(try await broken(store) == [])
            // One at a time also without room for the lock's file.
            let lock = try StorageLock(StorageRoot(path: store))
            #expect(throws: RegistryStorageError.self) { _ = try StorageLock(StorageRoot(path: store)) }
            #expect(try StorageLock.isHeld(StorageRoot(path: store)))
            withExtendedLifetime(lock) {}
        }
    }
}
