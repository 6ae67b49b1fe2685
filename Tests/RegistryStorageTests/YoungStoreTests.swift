import Foundation
import HookKit
import RegistryStorage
import StorageFixtures
import Testing

/// A collection leaves what is young, and what that belongs to.
@Suite struct YoungStoreTests {
    /// How what is young belongs to what is old.
    enum Means: CaseIterable {
        case subject, tag, subjectOfASubject, taggedReferrer, otherRepository

        /// What is said of that.
        var note: String {
            switch self {
            case .subject, .tag: "2 untagged manifests of 1 repository stay: 'min-age' is 1h"
            case .subjectOfASubject: "3 untagged manifests of 1 repository stay: 'min-age' is 1h"
            case .taggedReferrer: "1 untagged manifest of 1 repository stays: 'min-age' is 1h"
            case .otherRepository: "2 untagged manifests of 2 repositories stay: 'min-age' is 1h"
            }
        }
    }

    /// Two old images of `a`, one tagged, and what was pushed now that belongs to the other.
    private func sign(_ store: TemporaryStore, by means: Means) {
        let builder = store.builder
        builder.tag("kept", builder.image(builder.blob(Array("kept".utf8)), [], in: "a").key, in: "a")
        let config = builder.blob(Array("config".utf8))
        let image = builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        let sbom = means == .subjectOfASubject ? builder.image(config, [config], subject: image, in: "a") : nil
        store.age(by: 30 * 86400)
        let name = means == .otherRepository ? "signatures" : "a"
        let part = builder.blob(Array("signature".utf8))
        let signature = builder.image(part, [], subject: means == .tag ? nil : sbom ?? image, in: name)
        if means == .tag { builder.tag("sha256-\(image.key.hex).sig", signature.key, in: name) }
        if means == .taggedReferrer { builder.tag("signature", signature.key, in: name) }
    }

    /// The service as it is after so many seconds.
    private func service(after seconds: Int64 = 0) -> LocalRegistryStores {
        let now = Timestamp(nanoseconds: (Int64(Date().timeIntervalSince1970) + seconds) * 1_000_000_000)
        return LocalRegistryStores(process: 1, cores: 1, now: { now }, wait: { _ in }, connect: { _ in throw CancellationError() })
    }

    private func request(_ store: TemporaryStore) -> RegistryCollection {
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        return request
    }

    private func manifests(_ store: TemporaryStore) -> Set<String> { store.files().filter { $0.contains("/revisions/") } }

    @Test(arguments: Means.allCases) func whatWasSignedJustNowStaysUntilItAndItsSignatureMayGo(by means: Means) async throws {
        let store = TemporaryStore()
        sign(store, by: means)
        let before = store.files()
        let report = try await service().collect(request(store), isDryRun: false)
        #expect(store.files() == before)
        #expect(report.problems == [] && report.notes == [means.note] && report.groups == [])
        // Later the image goes, and its signature with it, unless that has a tag of its own.
        let later = try await service(after: 7200).collect(request(store), isDryRun: false)
        #expect(later.failures == [] && later.problems == [])
        #expect(manifests(store).count == (means == .taggedReferrer ? 2 : 1))
        #expect(try await store.check().broken == [])
    }

    /// Two hours ago the child of an old index was pushed once more, and an old image was signed in two ways.
    @Test(arguments: [7 * 86400, 3600]) func whatIsYoungerThanTheAgeStaysWhateverNamesIt(olderThan: Int) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        builder.tag("kept", builder.image(builder.blob(Array("kept".utf8)), [], in: "a").key, in: "a")
        let child = builder.image(config, [config], in: "a")
        let index = builder.index([child], in: "a")
        let image = builder.image(config, [builder.blob(Array("layer".utf8))], in: "a")
        let old = builder.image(config, [config, config], in: "a")
        store.age(by: 30 * 86400)
        let before = store.files()
        builder.linkRevision(child.key, in: "a")
        let sbom = builder.image(config, [builder.blob(Array("sbom".utf8))], subject: image, in: "a")
        let signature = builder.image(builder.blob(Array("signature".utf8)), [], in: "a")
        builder.tag("sha256-\(image.key.hex).sig", signature.key, in: "a")
        let twoHoursAgo = (Int64(Date().timeIntervalSince1970) - 7200) * 1_000_000_000
        for file in store.files().subtracting(before) { builder.setModified(EntryName(file), twoHoursAgo) }
        builder.setModified(RegistryLayout.revision(child.key, of: EntryName("a")), twoHoursAgo)
        var asked = request(store)
        asked.olderThan = .seconds(olderThan)
        let report = try await service().collect(asked, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let links = { (parts: [StoreBuilder.Part]) in parts.map { RegistryLayout.revision($0.key, of: EntryName("a")).description } }
        let files = store.files()
        #expect(files.isDisjoint(with: links([index, old])))
        if olderThan > 7200 {
            #expect(files.isSuperset(of: links([child, image, sbom, signature])))
            #expect(files.contains { $0.hasSuffix(".sig/current/link") })
        } else {
            #expect(manifests(store).count == 1)
        }
        #expect(try await store.check().broken == [])
    }

    /// Three images that are years old had a tag one after the other: the first lost it a month ago, the second yesterday.
    @Test(arguments: [(7, 2), (60, 3), (0, 1)]) func whatLostItsTagLatelyStaysHoweverOldItIs(days: Int, staying: Int) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let (name, tag) = (EntryName("a"), EntryName("stable"))
        let images = (1...3).map { builder.image(builder.blob(Array("config \($0)".utf8)), [], in: "a") }
        for image in images { builder.tag("stable", image.key, in: "a") }
        store.age(by: 1000 * 86400)
        let now = Int64(Date().timeIntervalSince1970)
        let time = { (days: Int64) in (now - days * 86400) * 1_000_000_000 }
        builder.setModified(RegistryLayout.tagEntry(images[1].key, tag, of: name), time(30))
        for link in [RegistryLayout.tagEntry(images[2].key, tag, of: name), RegistryLayout.tagLink(tag, of: name)] {
            builder.setModified(link, time(1))
        }
        var asked = request(store)
        asked.olderThan = .seconds(days * 86400)
        let report = try await service().collect(asked, isDryRun: false)
        #expect(report.failures == [] && report.problems == [])
        let expected = images.suffix(staying).map { RegistryLayout.revision($0.key, of: name).description }
        #expect(store.files().filter { $0.contains("/revisions/") } == Set(expected))
        #expect(try await store.check().broken == [])
    }

    @Test func howManyStayIsCountedAmongThoseOfAnyAge() async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        let now = Int64(Date().timeIntervalSince1970)
        let images = ([1, 2, 20, 30, 40] as [Int64]).map { days in
            let image = builder.image(config, [builder.blob(Array("layer \(days)".utf8))], in: "a")
            builder.setModified(RegistryLayout.revision(image.key, of: EntryName("a")), (now - days * 86400) * 1_000_000_000)
            return image
        }
        var asked = request(store)
        (asked.keepLast, asked.olderThan) = (3, .seconds(7 * 86400))
        _ = try await service().collect(asked, isDryRun: false)
        #expect(manifests(store) == Set(images.prefix(3).map { RegistryLayout.revision($0.key, of: EntryName("a")).description }))
    }

    /// What keeps untagged manifests, and what is said of those that stay.
    @Test(arguments: [
        (false, 0, Duration.seconds(3600), Duration.zero, ["6 untagged manifests of 2 repositories stay: 'delete-untagged' is false"]),
        (true, 0, .seconds(2 * 86400), .zero, ["6 untagged manifests of 2 repositories stay: 'min-age' is 2d"]),
        (true, 1, .seconds(3600), .zero, ["2 untagged manifests of 2 repositories stay: 'keep-last' is 1"]),
        (true, 0, .seconds(3600), .seconds(2 * 86400), ["6 untagged manifests of 2 repositories stay: 'older-than' is 2d"]),
        (
            true, 1, .seconds(3600), .seconds(2 * 86400),
            [
                "2 untagged manifests of 2 repositories stay: 'keep-last' is 1",
                "4 untagged manifests of 2 repositories stay: 'older-than' is 2d",
            ]
        ),
        (true, 0, .seconds(3600), .zero, []),
    ])
    func whatKeepsUntaggedManifestsIsSaid(
        deletesUntagged: Bool,
        keepLast: Int,
        minimumAge: Duration,
        olderThan: Duration,
        expected: [String]
    ) async throws {
        let store = TemporaryStore()
        let builder = store.builder
        let config = builder.blob(Array("config".utf8))
        for name in ["a", "b"] {
            builder.tag("v1", builder.image(builder.blob(Array("tagged".utf8)), [], in: name).key, in: name)
            let index = builder.index([builder.image(config, [], in: name)], in: name)
            let newest = builder.image(config, [config], in: name)
            builder.setModified(RegistryLayout.revision(index.key, of: EntryName(name)), TemporaryStore.tomorrow - 100_000_000_000_000)
            builder.setModified(RegistryLayout.revision(newest.key, of: EntryName(name)), TemporaryStore.tomorrow - 90_000_000_000_000)
        }
        var request = RegistryCollection(root: store.path, target: .garbage(repositories: []))
        (request.deletesUntagged, request.keepLast) = (deletesUntagged, keepLast)
        (request.minimumAge, request.olderThan) = (minimumAge, olderThan)
        #expect(try await store.service().collect(request, isDryRun: true).notes == expected)
        #expect(try await store.service().collect(request, isDryRun: false).notes == expected)
    }
}
