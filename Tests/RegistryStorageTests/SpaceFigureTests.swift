import Foundation
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// What goes to the trash is what comes out of it.
@Suite struct SpaceFigureTests {
    @Test func anUploadCountsTheSameWhenItIsMovedAndWhenItIsFreed() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        builder.tag("v1", builder.image(builder.blob(Array("config".utf8)), [], in: "a").key, in: "a")
        let orphan = builder.blob(Array("orphan".utf8))
        builder.upload("old", startedAt: "2020-01-01T00:00:00Z", bytes: [UInt8](repeating: 1, count: 5000), in: "a")
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.uploadsOlderThan = .zero
        request.trash = .seconds(3600)
        let planned = try await store.service().collect(request, isDryRun: true)
        let moved = try await store.service().collect(request, isDryRun: false)
        let expected = Int64(5000 + orphan.size)
        #expect(planned.reclaimed.bytes == expected && moved.reclaimed.bytes == expected)
        let foreseen = try await store.service(after: 7200).collect(request, isDryRun: true)
        let freed = try await store.service(after: 7200).collect(request, isDryRun: false)
        #expect(foreseen.freedFromTrash.bytes == expected && freed.freedFromTrash.bytes == expected)
    }
}
