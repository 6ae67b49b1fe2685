import Foundation
import HookKit
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// A dry run finds what the run's proof will find, and promises nothing of the trash that the run keeps because of it.
@Suite struct ForeseenProblemsTests {
    /// What is wrong with a store, what is asked for, and what the check after the run finds.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var pattern: String?
        var expected: [String] = []
        /// Whether the run of the trash whose period is over goes.
        var isEmptied = true
        let damage: @Sendable (TemporaryStore, _ image: StoreBuilder.Part, _ layer: StoreBuilder.Part) throws -> Void
    }

    private static let name = EntryName("a")

    static let cases: [Case] = [
        Case(testDescription: "a short layer whose copy is in the trash", expected: ["truncated-blob"], isEmptied: false) {
            store,
            _,
            layer in
            try store.trash(layer)
            store.builder.write(RegistryLayout.blob(layer.key), Array("lay".utf8))
        },
        Case(testDescription: "an index whose manifest is not linked", expected: ["missing-link"]) { store, image, _ in
            let index = store.builder.index([image], in: "a")
            store.builder.tag("v1", index.key, in: "a")
            store.builder.deleteRevision(image.key, in: "a")
        },
        Case(testDescription: "a lost layer", expected: ["missing-blob"]) { store, _, layer in
            store.builder.remove(RegistryLayout.blob(layer.key))
        },
        Case(testDescription: "a lost layer of a tag that goes", pattern: "a:v1") { store, _, layer in
            store.builder.remove(RegistryLayout.blob(layer.key))
        },
        Case(testDescription: "a lost layer of a repository that goes", pattern: "a") { store, _, layer in
            store.builder.remove(RegistryLayout.blob(layer.key))
        },
        Case(testDescription: "a tag that goes and names what is not there", pattern: "a:v1", expected: ["dangling-tag"], isEmptied: false)
        { store, _, _ in
            // The other tag of the same manifest stays.
            let gone = store.builder.image(store.builder.blob(Array("gone".utf8)), [], in: "a")
            for tag in ["v1", "v3"] { store.builder.tag(tag, gone.key, in: "a") }
            store.builder.deleteRevision(gone.key, in: "a")
        },
        Case(testDescription: "a layer that comes back") { store, _, layer in try store.trash(layer) },
        Case(testDescription: "a manifest and its layer that come back") { store, image, layer in
            try store.trash(image)
            try store.trash(layer)
        },
        Case(testDescription: "a link that comes back") { store, _, layer in
            let link = RegistryLayout.layer(layer.key, of: name)
            store.builder.remove(link)
            let trashed = EntryName("_hook/trash/1000-3600-1/\(link.parent)")
            store.builder.write(trashed, Array(layer.key.description.utf8))
        },
        Case(testDescription: "a manifest whose link comes back") { store, image, _ in
            store.builder.tag("v1", store.builder.index([image], in: "a").key, in: "a")
            let link = RegistryLayout.revision(image.key, of: name)
            store.builder.remove(link)
            let trashed = EntryName("_hook/trash/1000-3600-1/\(link.parent)")
            store.builder.write(trashed, Array(image.key.description.utf8))
        },
    ]

    @Test(arguments: cases) func aDryRunFindsWhatTheRunFinds(case: Case) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (config, layer) = (builder.blob(Array("config".utf8)), builder.blob(Array("layer".utf8)))
        let image = builder.image(config, [layer], in: "a")
        builder.tag("v1", image.key, in: "a")
        builder.tag("v2", builder.image(config, [builder.blob(Array("other".utf8))], in: "a").key, in: "a")
        builder.tag("v1", builder.image(config, [], in: "b").key, in: "b")
        builder.blob(Array("orphan".utf8))
        // What an earlier run took and nobody misses.
        try store.trash(builder.blob(Array("taken before".utf8)))
        try `case`.damage(store, image, layer)
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        if let pattern = `case`.pattern { request.target = .named([.init(try #require(ReferencePattern(pattern)))]) }
        request.deletesUntagged = `case`.pattern == nil
        let before = store.files()
        let planned = try await store.service().collect(request, isDryRun: true)
        #expect(store.files() == before)
        let report = try await store.service().collect(request, isDryRun: false)
        #expect(Set(report.problems.filter(\.breaksImages).map(\.kind)) == Set(`case`.expected))
        #expect(planned.problems == report.problems)
        #expect(planned.freedFromTrash == report.freedFromTrash)
        #expect((planned.freedFromTrash > .zero) == `case`.isEmptied)
        #expect(planned.trashToEmpty.isEmpty == !`case`.isEmptied)
        #expect(report.failures == [])
    }
}
