import Foundation
import Glibc
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// What lies in the trash may be the only copy of something: it goes only when it is proven that nobody needs it.
@Suite struct TrashSafetyTests {
    private static let run = "_hook/trash/1-0-1"

    /// Why a blob that images need is not brought back from the trash, or not at the first attempt.
    enum Cause: CaseIterable {
        case nothing, directoryIsLeft, cannotBePutBack, trashCannotBeSearched, repositoryCannotBeListed, imageLacksAnother
    }

    /// A store with a tagged image whose layer a run that was killed had taken to its trash.
    private func store(_ cause: Cause) -> (store: TemporaryStore, layer: BlobKey, trashed: EntryName) {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [layer], in: "a").key, in: "a")
        let trashed = EntryName("\(Self.run)/blobs/sha256/\(layer.key.hex.prefix(2))/\(layer.key.hex)")
        builder.remove(RegistryLayout.blob(layer.key))
        builder.write(trashed, Array("layer".utf8))
        if cause != .directoryIsLeft { rmdir(builder.full(RegistryLayout.blob(layer.key).parent)) }
        switch cause {
        case .nothing, .directoryIsLeft, .cannotBePutBack: break
        case .trashCannotBeSearched: builder.write(EntryName("\(Self.run)/blobs/sha256/00"), [])
        case .repositoryCannotBeListed:
            // Nothing that can be listed names the layer.
            rename(builder.full(RegistryLayout.repository(EntryName("a"))), store.path + "/elsewhere")
            symlink(store.path + "/elsewhere", builder.full(RegistryLayout.repository(EntryName("a"))))
        case .imageLacksAnother: builder.remove(RegistryLayout.blob(config.key))
        }
        return (store, layer.key, trashed)
    }

    @Test(arguments: Cause.allCases) func theOnlyCopyOfABlobIsNeverDeleted(cause: Cause) async throws {
        let (store, layer, trashed) = store(cause)
        let exists = { (path: EntryName) in FileManager.default.fileExists(atPath: store.builder.full(path)) }
        let failing = Once()
        let calls = SystemCalls { call in
            cause == .cannotBePutBack && call == .rename && failing.take() ? Errno(ENOSPC) : nil
        }
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service(calls: calls).collect(request, isDryRun: false)
        switch cause {
        case .nothing, .directoryIsLeft:
            #expect(exists(RegistryLayout.blob(layer)) && !exists(EntryName(Self.run)))
            #expect(report.problems == [] && report.failures == [])
            #expect(
                report.notes == [
                    "\(store.path)/docker/registry/v2/\(RegistryLayout.blob(layer)): brought back from the trash, because it is named",
                    "the run 1-0-1 cannot be put back any more: its period was over, and what it had moved to the trash is deleted",
                ]
            )
            #expect(try await store.check().problems == [])
        case .imageLacksAnother:
            // What is in the trash is not what the image lacks.
            #expect(exists(RegistryLayout.blob(layer)) && !exists(EntryName(Self.run)))
            #expect(report.problems.map(\.kind) == ["missing-blob"] && report.failures == [])
        case .cannotBePutBack, .trashCannotBeSearched, .repositoryCannotBeListed:
            #expect(exists(trashed))
            #expect(exists(EntryName(Self.run)))
            #expect(report.notes.contains("the trash is not emptied (1-0-1): it may hold what images lack"))
        }
    }

    @Test func aDryRunSaysWhichRunCouldNotBePutBackAnyMore() async throws {
        let (store, _, _) = store(.nothing)
        let request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        let report = try await store.service().collect(request, isDryRun: true)
        #expect(
            report.notes == [
                "the run 1-0-1 could not be put back any more: its period is over, and what it moved to the trash would be deleted"
            ]
        )
    }

    @Test func whatARunTookOutStaysWhenTheLastLookFails() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        let path = store.path
        let (isPushed, hasFailed) = (Flag(), Once())
        let calls = SystemCalls { call in call == .list && isPushed.isSet && hasFailed.take() ? .inputOutput : nil }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        let service = store.service(calls: calls) {
            // A push that had found everything in its place.
            let pusher = StoreBuilder(path: path)
            pusher.linkRevision(image.key, in: "a")
            pusher.tag("v1", image.key, in: "a")
            isPushed.set()
        }
        let report = try await service.collect(request, isDryRun: false)
        let trash = try #require(report.trash)
        for part in [config, layer, image] {
            let places = [
                RegistryLayout.blob(part.key), EntryName("_hook/trash/\(trash)/blobs/sha256/\(part.key.hex.prefix(2))/\(part.key.hex)"),
            ]
            #expect(places.contains { FileManager.default.fileExists(atPath: builder.full($0)) })
        }
        #expect(!report.failures.isEmpty)
        // The next run finds it and brings it back.
        let second = try await store.service().collect(request, isDryRun: false)
        #expect(second.failures == [])
        for part in [config, layer, image] { #expect(store.files().contains(RegistryLayout.blob(part.key).description)) }
    }

    @Test(arguments: [true, false]) func whatCannotBeListedFailsOnlyWhereItCouldBeWhenThePlanWasMade(isLeft: Bool) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        builder.tag("v1", builder.image(config, [], in: "a").key, in: "a")
        let former = builder.image(config, [layer], in: "a")
        let path = store.path
        let place = builder.full(RegistryLayout.repository(EntryName("foo")))
        if isLeft { symlink("nowhere", place) }
        var request = RegistryCollection(root: path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        request.minimumAge = .zero
        let service = store.service {
            if !isLeft { symlink("nowhere", place) }
            // What another repository has named meanwhile comes back all the same.
            if isLeft { StoreBuilder(path: path).tag("v2", former.key, in: "a") }
            if isLeft { StoreBuilder(path: path).linkRevision(former.key, in: "a") }
        }
        let report = try await service.collect(request, isDryRun: false)
        let words = "a symbolic link is not followed, so that what it names is not known"
        // Where the plan has not met it, the look at every image has, in its own words.
        let found = isLeft ? words : "it cannot be read: a symbolic link, which is not followed"
        #expect(report.problems.filter { $0.kind == "unreadable" }.map(\.message) == [found])
        let base = "\(path)/docker/registry/v2"
        #expect(
            report.failures
                == (isLeft ? [] : [.init(path: "\(base)/repositories", "cannot look again at 'repositories/foo': \(words)")])
        )
        if isLeft {
            #expect(store.files().contains(RegistryLayout.layer(layer.key, of: EntryName("a")).description))
            let link = "\(base)/\(RegistryLayout.layer(layer.key, of: EntryName("a")))"
            #expect(report.notes.contains("\(link): brought back from the trash, because it is named"))
        } else {
            #expect(report.trash != nil)
        }
    }
}
