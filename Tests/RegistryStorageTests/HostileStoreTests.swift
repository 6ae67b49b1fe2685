import Foundation
import Glibc
import HookKit
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Testing

@Suite(.serialized) struct HostileStoreTests {
    private static let policy = TemporaryStore.policy { $0.untagged = .removed(keepLast: 0, olderThan: 0) }

    /// A store beneath a directory that any user may reach, and a copy of the program that collects.
    @Test(.enabled(if: geteuid() == 0), arguments: [false, true])
    func aStoreOfAnotherUserIsRefusedAndKept(isReadable: Bool) async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let base = store.path + "/docker/registry/v2"
        chmod(base + "/repositories", isReadable ? 0o755 : 0o700)
        let program = store.path + ".program"
        let built = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("registry-bench").path ?? ""
        // Not by this process: what it starts meanwhile would hold the copy open for writing, and nothing open so can be run.
        let copied = try await runProcess(["cp", built, program])
        #expect(copied.exitCode == 0, "\(copied)")
        defer { try? FileManager.default.removeItem(atPath: program) }
        chmod(program, 0o755)
        let before = store.files()
        let result = try await runProcess(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "gc", store.path, "--delete-untagged"]
        )
        #expect(result.status != .exited(0))
        #expect(result.standardError.contains("cannot lock '\(base)/_hook/lock': permission denied"), "\(result.standardError)")
        #expect(store.files() == before)
    }

    @Test(.enabled(if: Mounting.isPossible, Mounting.reason), arguments: [0, 1, 2, 3, 5, 8, 13, 21])
    func aFullDiskBreaksNothingAndACollectionOfAStoppedRegistryMakesRoom(free: Int) async throws {
        try await Mounting.withMemory(options: "size=16m,nr_inodes=2000") { path in
            let builder = StoreBuilder(path: path + "/store")
            FaultTests.fill(builder)
            var filler = 0
            while mkdir("\(path)/filler-\(filler)", 0o755) == 0 { filler += 1 }
            #expect(errno == ENOSPC)
            for number in 0..<free { rmdir("\(path)/filler-\(number)") }
            func collect(_ registry: String?) async throws -> RegistryStoreReport {
                try await FullDiskTests.service().collect(FullDiskTests.request(path + "/store", registry: registry), isDryRun: false)
            }
            func check() async throws -> [StorageProblem] {
                try await StorageChecker(root: StorageRoot(path: path + "/store"), jobs: 1).check().broken
            }
            let first = try await collect(nil)
            if free < 13 { #expect(first.failures.contains { $0.message.hasSuffix("no space left on device") }, "\(first.failures)") }
            #expect(try await check() == [])
            let stopped = try await collect("http://registry")
            #expect(!stopped.groups.isEmpty || !first.groups.isEmpty)
            #expect(try await check() == [])
            // What could not be moved aside at first goes now: nobody has made room but the run itself.
            #expect(try await collect("http://registry").failures == [])
            let left = try await StorageCollector(root: StorageRoot(path: path + "/store"), policy: Self.policy).plan()
            #expect(left.count(of: .blob) + left.count(of: .revision) + left.count(of: .layerLink) == 0)
            #expect(try await check() == [])
        }
    }

    @Test func aChainOfTenThousandIndexesIsFollowedToItsEnd() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        var last = builder.image(config, [], in: "a")
        let image = last
        for _ in 0..<10_000 { last = builder.index([last], in: "a") }
        builder.tag("v1", last.key, in: "a")
        #expect(try await StorageCollector(root: StorageRoot(path: store.path), policy: Self.policy).plan().isEmpty)
        builder.tag("v1", builder.image(config, [config], in: "a").key, in: "a")
        let report = try await store.collect(Self.policy)
        #expect(report.failures == [])
        #expect(report.removed[.revision] == 10_001)
        #expect(!store.files().contains(RegistryLayout.blob(image.key).description))
        #expect(try await store.check().problems == [])
    }

    @Test(arguments: [Int64(0), 4_000_000_000]) func aClockThatJumpsDuringARunLosesNoPush(seconds: Int64) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let layer = builder.blob(Array("layer".utf8))
        let former = builder.image(config, [layer], in: "a")
        let root = try StorageRoot(path: store.path)
        let plan = try await StorageCollector(root: root, policy: Self.policy).plan()
        #expect(plan.count(of: .blob) == 3)
        // A push finds the blobs in place and links them; its clock stands decades before or after.
        let image = builder.image(config, [layer], subject: former, in: "b")
        builder.tag("v1", image.key, in: "b")
        for part in [config, layer] { builder.setModified(RegistryLayout.layer(part.key, of: EntryName("b")), seconds * 1_000_000_000) }
        builder.setModified(RegistryLayout.revision(image.key, of: EntryName("b")), seconds * 1_000_000_000)
        builder.setModified(RegistryLayout.blob(image.key), seconds * 1_000_000_000)
        var options = SweepOptions(process: 1)
        options.settle = 0
        let report = try await Sweeper(plan, options: options).execute()
        #expect(report.failures == [])
        #expect(store.files().isSuperset(of: [config, layer, image].map { RegistryLayout.blob($0.key).description }))
        #expect(try await store.check().broken == [])
    }

    @Test func aTrashOfTheFutureIsKept() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        try await store.collect(Self.policy, trash: 1_000_000_000)
        var earlier = Self.policy
        earlier.now -= 365 * 86400 * 1_000_000_000
        let root = try StorageRoot(path: store.path)
        #expect(try await StorageCollector(root: root, policy: earlier).emptyTrash(jobs: 1).runs == [])
        #expect(try Trash(root: root).runs().count == 1)
    }

    @Test(arguments: ["/etc", "..", "repositories/../..", "blobs/..", "../blobs"]) func aPathThatLeadsOutIsRefused(path: String) throws {
        let store = TemporaryStore()
        let calls = SystemCalls()
        let root = try calls.openRoot(store.path + "/docker/registry/v2")
        #expect(throws: Errno(EXDEV)) {
            _ = try path.withCString { path in
                let directory = try calls.openDirectory(path, in: root.number)
                return directory.number
            }
        }
    }

    @Test func aKeyIsReadAsTheDigestIsOfAnyText() {
        var generator = SeededGenerator(seed: 3)
        let digits = Array("0123456789abcdef".utf8)
        for _ in 0..<200 {
            let hex = (0..<64).map { _ in digits[Int.random(in: 0..<16, using: &generator)] }
            for byte in UInt8.min...UInt8.max {
                var text = Array("sha256:".utf8) + hex
                text[Int.random(in: 7..<71, using: &generator)] = byte
                let key = text.withUnsafeBytes { BlobKey(text: $0) }
                let digest = String(validating: text, as: UTF8.self).flatMap { Digest($0) }
                #expect(key?.description == digest?.description, "\(text)")
            }
        }
    }
}
