import Foundation
import HookKit
import RegistryStorage
import StorageFixtures

/// A store in a temporary directory that goes with its owner.
final class TemporaryStore {
    let builder: StoreBuilder
    var path: String { builder.path }

    /// Memory where there is some: hundreds of stores are made and removed.
    private static let directory =
        FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : FileManager.default.temporaryDirectory.path

    init() {
        builder = StoreBuilder(path: Self.directory + "/store-" + UUID().uuidString)
    }

    deinit {
        // A directory that a test made unreadable may stay; it lies in the temporary directory.
        try? FileManager.default.removeItem(atPath: builder.path)
    }

    /// A moment at which everything that was just written is a day old.
    static var tomorrow: Int64 { Int64(Date().timeIntervalSince1970 + 86400) * 1_000_000_000 }

    static func policy(_ change: (inout CollectionPolicy) -> Void = { _ in }) -> CollectionPolicy {
        var policy = CollectionPolicy(now: tomorrow)
        policy.jobs = 2
        change(&policy)
        return policy
    }

    /// Every file beneath the store's root but hook's own, relative to it.
    func files() -> Set<String> { Self.files(beneath: path + "/docker/registry/v2") }

    static func files(beneath base: String) -> Set<String> {
        var files: Set<String> = []
        for case let name as String in FileManager.default.enumerator(atPath: base) ?? .init() where !name.hasPrefix("_hook") {
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: base + "/" + name, isDirectory: &isDirectory), !isDirectory.boolValue {
                files.insert(name)
            }
        }
        return files
    }

    /// Lets everything, also what is in the trash, count as written so many seconds ago.
    func age(by seconds: Int64) {
        let base = path + "/docker/registry/v2"
        let time = (Int64(Date().timeIntervalSince1970) - seconds) * 1_000_000_000
        for name in FileManager.default.subpaths(atPath: base) ?? [] { builder.setModified(EntryName(name), time) }
    }

    /// Moves a blob to the trash of a run that is over long ago, as one that was killed leaves it.
    func trash(_ part: StoreBuilder.Part) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: builder.full(RegistryLayout.blob(part.key)))))
        builder.write(EntryName("_hook/trash/1000-3600-1/blobs/sha256/\(part.key.hex.prefix(2))/\(part.key.hex)"), bytes)
        builder.remove(RegistryLayout.blob(part.key))
    }

    /// Makes an image `b:v1` with a layer, and an image of `a` that has the same as a foreign one, which `a` does not link; the layer.
    @discardableResult
    func makeForeignImage(tag: String = "v1") -> StoreBuilder.Part {
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("foreign".utf8)))
        builder.tag("v1", builder.image(config, [layer], in: "b").key, in: "b")
        builder.tag(tag, builder.foreignImage(config, layer, in: "a").key, in: "a")
        return layer
    }

    /// Plans, sweeps, looks at every image and empties the trash, as the rules do, but without a pause.
    @discardableResult
    func collect(
        _ policy: CollectionPolicy,
        trash: Int64 = 0,
        calls: SystemCalls = SystemCalls(),
        process: Int32 = 1,
        options change: (inout SweepOptions) -> Void = { _ in }
    ) async throws -> SweepReport {
        let root = try StorageRoot(path: path, calls: calls)
        let lock = try StorageLock(root)
        defer { withExtendedLifetime(lock) {} }
        var policy = policy
        policy.trashPeriod = trash
        let plan = try await StorageCollector(root: root, policy: policy).plan()
        var options = SweepOptions(process: process)
        options.settle = 0
        options.trashPeriod = trash
        options.jobs = policy.jobs
        change(&options)
        var report = try await Sweeper(plan, options: options).execute()
        if report.isInterrupted { return report }
        var conclusion = SweepConclusion(root: root, policy: policy, plan: plan, report: report)
        try await conclusion.look()
        report.add(try await conclusion.empty(try conclusion.choose(at: policy.now)))
        return report
    }

    /// The service, a day later and so many seconds; `meanwhile` happens after the first look for pushes and before the last, instead of a pause.
    func service(
        calls: SystemCalls = SystemCalls(),
        registry: (any RunningRegistry)? = nil,
        after seconds: Int64 = 0,
        meanwhile: @escaping @Sendable () -> Void = {}
    ) -> LocalRegistryStores {
        struct NoRegistry: Error {}
        let now = Timestamp(nanoseconds: Self.tomorrow + seconds * 1_000_000_000)
        return LocalRegistryStores(
            process: 1,
            cores: 2,
            now: { now },
            calls: calls,
            wait: { _ in meanwhile() },
            connect: { _ in
                guard let registry else { throw NoRegistry() }
                return registry
            }
        )
    }

    func check() async throws -> CheckReport {
        try await StorageChecker(root: try StorageRoot(path: path), jobs: 1).check()
    }
}
