import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// What a report says of runs whose deletion from the trash did not come to its end.
@Suite struct EmptiedTrashTests {
    /// Collects what is untagged, and deletes at once what it took.
    private static func request(_ store: TemporaryStore, trash: Duration = .zero) -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.minimumAge = .zero
        request.trash = trash
        request.jobs = 1
        return request
    }

    /// A store with untagged images in some repositories and a run in the trash that is over in an hour; the run.
    private static func store(_ repositories: [String]) async throws -> (store: TemporaryStore, run: String) {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("kept".utf8)), [], in: "kept").key, in: "kept")
        let orphan = builder.image(builder.blob(Array("former config".utf8)), [], in: "former")
        let first = try await store.service().collect(Self.request(store, trash: .seconds(60)), isDryRun: false)
        #expect(first.failures == [] && !store.files().contains(RegistryLayout.blob(orphan.key).description))
        for name in repositories { builder.image(builder.blob(Array("config of \(name)".utf8)), [], in: name) }
        return (store, try #require(first.trash))
    }

    private static func exists(_ run: String, _ store: TemporaryStore) -> Bool {
        FileManager.default.fileExists(atPath: store.builder.full(EntryName("_hook/trash/\(run)")))
    }

    @Test(arguments: [["a"], ["a", "b"]])
    func aRunThatIsStoppedWhileItEmptiesTheTrashSaysWhatIsGoneAndWhatIsLeft(repositories: [String]) async throws {
        let (store, former) = try await Self.store(repositories)
        let (path, isStopped) = (store.builder.full(EntryName("_hook/trash/\(former)")), Once())
        let blobs = store.files().filter { $0.hasPrefix("blobs/") }
        // The moment in which the first link of the run's own things goes for good, when the former run is gone.
        let calls = SystemCalls { call in
            guard call == .unlink, !FileManager.default.fileExists(atPath: path), isStopped.take() else { return nil }
            withUnsafeCurrentTask { $0?.cancel() }
            return nil
        }
        let (service, request) = (store.service(calls: calls, after: 3600), Self.request(store))
        let report = try await Task { try await service.collect(request, isDryRun: false) }.value
        #expect(report.isInterrupted && report.failures == [])
        #expect(!Self.exists(former, store))
        let gone = "the run \(former) cannot be put back any more: its period was over, and what it had moved to the trash is deleted"
        #expect(report.notes.contains(gone), "\(report.notes)")
        #expect(report.freedFromTrash > .zero)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let own = try #require(try trash.runs().first)
        let canComeBack = try trash.canRestoreAnything(of: own)
        #expect((report.trash == own.name.description) == canComeBack)
        let left = canComeBack ? "can still be put back" : "cannot be put back any more"
        #expect(
            report.notes.contains(
                "the run \(own.name) is not deleted to the end, because this run was stopped meanwhile: what is left of it \(left), and a later "
                    + "collection deletes it"
            ),
            "\(report.notes)"
        )
        // No blob of its own went yet.
        #expect(report.leftInTrash == report.reclaimed && report.reclaimed > .zero)
        #expect(report.freed == report.freedFromTrash)
        #expect(store.files().filter { $0.hasPrefix("blobs/") } != blobs)
        #expect(try await store.check().broken == [])
    }

    @Test func aRunThatCouldNotBeDeletedIsNotReportedAsLost() async throws {
        let (store, former) = try await Self.store([])
        let calls = SystemCalls { $0 == .unlink ? .notPermitted : nil }
        let report = try await store.service(calls: calls, after: 3600).collect(Self.request(store), isDryRun: false)
        #expect(
            report.notes.filter { $0.hasPrefix("the run") } == [
                "the run \(former) is not deleted to the end, because something in it could not be removed: what is left of it can still be put "
                    + "back, and a later collection deletes it"
            ]
        )
        #expect(Set(report.failures.map(\.message)) == ["operation not permitted"])
        #expect(report.failures.allSatisfy { $0.path.hasPrefix("\(store.path)/docker/registry/v2/_hook/trash/\(former)/") })
        #expect(report.freedFromTrash == .zero && report.freed == .zero)
        let trash = Trash(root: try StorageRoot(path: store.path))
        let run = try #require(try trash.runs().first { $0.name.description == former })
        #expect(try !trash.restore(run).restored.isEmpty)
        #expect(try await store.check().broken == [])
    }

    @Test func whatTheRunItselfCouldNotDeleteIsNotGivenBack() async throws {
        let (store, former) = try await Self.store(["a"])
        let (path, hasFailed) = (store.builder.full(EntryName("_hook/trash/\(former)")), Once())
        let calls = SystemCalls { call in
            call == .unlink && !FileManager.default.fileExists(atPath: path) && hasFailed.take() ? .notPermitted : nil
        }
        let report = try await store.service(calls: calls, after: 3600).collect(Self.request(store), isDryRun: false)
        let run = try #require(report.trash)
        #expect(Self.exists(run, store) && report.failures.count == 1)
        #expect(report.leftInTrash == report.reclaimed && report.reclaimed > .zero)
        #expect(report.freed == report.freedFromTrash && report.freed > .zero)
    }
}
