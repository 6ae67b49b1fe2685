import GRDB
import HookKit
import OCI
import Testing

@testable import TagLedger

/// What the ledger keeps of an engine's events, and how they are found.
@Suite struct EventTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try await writable(folder.path("ledger.sqlite"))
    }

    private func tag(_ second: Int64, _ image: Int, _ name: String) throws -> EngineEvent {
        EngineEvent(time: moment(second), kind: "image", action: "tag", actor: try digest(image).description, attributes: ["name": name])
    }

    private func container(_ second: Int64, _ action: String, _ image: String) -> EngineEvent {
        EngineEvent(
            time: moment(second),
            kind: "container",
            action: action,
            actor: String(repeating: "c0ffee00", count: 8),
            attributes: ["name": "web", "image": image]
        )
    }

    @Test func eventsReadBackInTheOrderOfTime() async throws {
        let late = try tag(3, 1, "shop/api:v2")
        let early = try tag(1, 1, "shop/api:v1")
        let middle = container(2, "create", try digest(1).description)
        try await ledger.record([late, early, middle], on: engine)
        #expect(try await ledger.events(about: [digest(1).description], on: engine) == [early, middle, late])
        #expect(try await ledger.newestEvent(on: engine) == moment(3))
        #expect(try await ledger.newestEvent(on: otherEngine) == nil)
    }

    @Test func knownEventIsNotWrittenTwice() async throws {
        let first = try tag(1, 1, "shop/api:v1")
        let second = try tag(2, 1, "shop/api:v1")
        try await ledger.record([first, first], on: engine)
        try await ledger.record([first, second], on: engine)
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine) == [first, second])
        try await ledger.record([first], on: otherEngine)
        #expect(try await ledger.events(about: ["shop/api:v1"], on: otherEngine) == [first])
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine) == [first, second])
    }

    @Test func twoTagsPutOnOneImageAtOneMomentAreTwoEvents() async throws {
        let events = [try tag(1, 1, "shop/api:v1"), try tag(1, 1, "shop/api:v2")]
        try await ledger.record(events, on: engine)
        #expect(try await ledger.events(about: [digest(1).description], on: engine) == events)
    }

    @Test func knownEventsLeaveTheFileUntouched() async throws {
        let events = [try tag(1, 1, "shop/api:v1"), container(2, "create", "shop/api:v1")]
        try await ledger.record(events, on: engine)
        let before = try folder.contents()
        try await ledger.record(events, on: engine)
        #expect(try folder.contents() == before)
    }

    @Test func whatSaysNothingOfAnImageIsNotKept() async throws {
        let noise = [
            container(1, "exec_create: sh -c true", "shop/api:v1"), container(2, "health_status: healthy", "shop/api:v1"),
            container(3, "attach", "shop/api:v1"),
            EngineEvent(time: moment(4), kind: "network", action: "connect", actor: "n", attributes: ["container": "c"]),
            EngineEvent(
                time: moment(5),
                kind: "image",
                action: "mount",
                actor: try digest(1).description,
                attributes: ["name": "shop/api:v1"]
            ),
        ]
        let before = try folder.contents()
        try await ledger.record(noise, on: engine)
        #expect(try folder.contents() == before)
        #expect(try await ledger.newestEvent(on: engine) == nil)
    }

    @Test func labelsAreNotKept() async throws {
        let labelled = EngineEvent(
            time: moment(1),
            kind: "image",
            action: "tag",
            actor: try digest(1).description,
            attributes: ["name": "shop/api:v1", "secret": "hunter2", "org.opencontainers.image.title": "shop"]
        )
        try await ledger.record([labelled], on: engine)
        #expect(try await ledger.events(about: ["shop/api:v1"], on: engine) == [tag(1, 1, "shop/api:v1")])
    }

    /// A name in an event, with what may be asked to find the event.
    struct Naming: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let event: EngineEvent
        let subjects: [String]

        init(_ name: String, kind: String, action: String, actor: String, attributes: [String: String] = [:], foundBy subjects: [String]) {
            testDescription = name
            event = EngineEvent(time: moment(1), kind: kind, action: action, actor: actor, attributes: attributes)
            self.subjects = subjects
        }
    }

    static let image = "sha256:" + bare
    static let bare = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    static let containerID = String(repeating: "c0ffee00", count: 8)

    static let namings: [Naming] = [
        Naming(
            "tag",
            kind: "image",
            action: "tag",
            actor: image,
            attributes: ["name": "shop/api:v1"],
            foundBy: [image, bare, "shop/api:v1", "docker.io/shop/api:v1"]
        ),
        Naming(
            "tag as BuildKit and Podman write it",
            kind: "image",
            action: "tag",
            actor: bare,
            attributes: ["name": "docker.io/library/alpine:latest"],
            foundBy: [image, bare, "alpine", "alpine:latest"]
        ),
        Naming(
            "pull, whose actor is the reference",
            kind: "image",
            action: "pull",
            actor: "alpine:3.18",
            attributes: ["name": "alpine"],
            foundBy: ["alpine:3.18", "docker.io/library/alpine:3.18"]
        ),
        Naming("pull by digest", kind: "image", action: "pull", actor: "alpine@\(image)", attributes: ["name": "alpine"], foundBy: [image]),
        Naming(
            "load, whose name is the image",
            kind: "image",
            action: "load",
            actor: image,
            attributes: ["name": image],
            foundBy: [image, bare]
        ),
        Naming("delete without attributes", kind: "image", action: "delete", actor: image, foundBy: [image]),
        Naming(
            "container by tag",
            kind: "container",
            action: "create",
            actor: containerID,
            attributes: ["name": "web", "image": "alpine"],
            foundBy: ["alpine:latest", containerID]
        ),
        Naming(
            "container by image ID",
            kind: "container",
            action: "start",
            actor: containerID,
            attributes: ["name": "web", "image": image],
            foundBy: [image, bare, containerID]
        ),
        Naming(
            "container by short ID",
            kind: "container",
            action: "die",
            actor: containerID,
            attributes: ["name": "web", "image": String(bare.prefix(12))],
            foundBy: [image, bare, String(bare.prefix(12))]
        ),
        Naming(
            "container by digest",
            kind: "container",
            action: "create",
            actor: containerID,
            attributes: ["name": "web", "image": "shop/api@\(image)"],
            foundBy: [image]
        ),
        Naming(
            "commit, found by the image that it made",
            kind: "container",
            action: "commit",
            actor: containerID,
            attributes: ["name": "web", "imageID": image],
            foundBy: [image, containerID]
        ),
        Naming(
            "name that is no reference",
            kind: "image",
            action: "tag",
            actor: image,
            attributes: ["name": "No Reference!"],
            foundBy: [image, "No Reference!"]
        ),
        Naming("actor that is anything", kind: "image", action: "pull", actor: "{}", foundBy: ["{}"]),
    ]

    @Test(arguments: namings)
    func eventIsFoundByEveryNameOfWhatItNames(naming: Naming) async throws {
        let other = EngineEvent(
            time: moment(2),
            kind: "image",
            action: "tag",
            actor: try digest(5).description,
            attributes: ["name": "other/name:v1"]
        )
        try await ledger.record([naming.event, other], on: engine)
        for subject in naming.subjects {
            #expect(try await ledger.events(about: [subject], on: engine) == [naming.event], "by \(subject)")
        }
        #expect(try await ledger.events(about: naming.subjects, on: engine) == [naming.event])
        #expect(try await ledger.events(about: ["shop/api:v9", digest(9).description], on: engine) == [])
        #expect(try await ledger.events(about: naming.subjects, on: otherEngine) == [])
    }

    @Test func manySubjectsAtOnceGiveWhatEachGivesAlone() async throws {
        var events: [EngineEvent] = []
        for number in 0..<60 {
            let time = Int64(number) * 10
            events.append(try tag(time, number, "shop/api:v\(number % 7)"))
            events.append(container(time + 1, "start", number % 2 == 0 ? "shop/api:v\(number % 5)" : try digest(number).description))
            // It names nothing but its actor.
            events.append(EngineEvent(time: moment(time + 2), kind: "image", action: "delete", actor: try digest(number).description))
        }
        try await ledger.record(events, on: engine)
        try await ledger.record(try (0..<60).map { try tag(Int64($0), $0, "shop/api:v1") }, on: otherEngine)
        // So many are looked for by one look at all events, and each alone by an index.
        let subjects = try (0..<20).map { try digest($0).description } + (0..<3).map { "shop/api:v\($0)" } + ["", "no/such:tag"]
        var alone: [EngineEvent] = []
        for subject in subjects { alone += try await ledger.events(about: [subject], on: engine) }
        let together = try await ledger.events(about: subjects + (100..<200).map { try digest($0).description }, on: engine)
        #expect(together == Array(Set(alone)).sorted { $0.time < $1.time })
        #expect(together.count > 60)
    }

    @Test func textsOfEventsThatAreGoneAreGone() async throws {
        let path = folder.path("bounded.sqlite")
        let limits = EventLimits(images: 20, containers: 20)
        let bounded = try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(10), keeping: limits)
        for number in 0..<200 { try await bounded.record([tag(Int64(number), number, "shop/api:v\(number)")], on: engine) }
        let events = try await bounded.events(about: (0..<200).map { "shop/api:v\($0)" }, on: engine)
        #expect(events == (try (160..<200).suffix(events.count).map { try tag(Int64($0), $0, "shop/api:v\($0)") }))
        let texts = try await DatabaseQueue(path: path).read { try String.fetchSet($0, sql: "SELECT text FROM event_text") }
        #expect(texts == Set(events.flatMap { [$0.attributes["name"] ?? "", "docker.io/\($0.attributes["name"] ?? "")"] }))
    }

    @Test func pullOfATagDoesNotNameTheRepositorysLatest() async throws {
        let pull = EngineEvent(time: moment(1), kind: "image", action: "pull", actor: "alpine:3.18", attributes: ["name": "alpine"])
        try await ledger.record([pull], on: engine)
        #expect(try await ledger.events(about: ["alpine:latest", "alpine"], on: engine) == [])
    }

    @Test func oldestEventsGoWhenThereAreTooMany() async throws {
        let path = folder.path("bounded.sqlite")
        let bounded = try await SQLiteLedger.open(
            path: path,
            access: .readWrite,
            waitingAtMost: .seconds(10),
            keeping: EventLimits(images: 20, containers: 20)
        )
        let containers = (0..<50).map { container($0, "start", "shop/api:v1") }
        let tags = try (0..<10).map { try tag($0, 1, "shop/api:v1") }
        for event in containers + tags { try await bounded.record([event], on: engine) }
        let kept = try await bounded.events(about: ["shop/api:v1"], on: engine)
        #expect(kept.filter { $0.kind == "image" } == tags)
        let left = kept.filter { $0.kind == "container" }
        #expect(left == containers.suffix(left.count))
        #expect((20..<40).contains(left.count))
        #expect(try await bounded.newestEvent(on: engine) == moment(49))
    }

    @Test func lastUseOfEveryNameStays() async throws {
        let path = folder.path("bounded.sqlite")
        let limits = EventLimits(images: 20, containers: 20)
        let bounded = try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(10), keeping: limits)
        let old = [
            container(1, "create", "shop/old:v1"), container(2, "die", "shop/old:v1"), container(3, "destroy", "shop/old:v1"),
            EngineEvent(time: moment(4), kind: "container", action: "start", actor: "nameless"),
        ]
        try await bounded.record(old + (10..<110).map { container($0, "start", "shop/busy:v1") }, on: engine)
        #expect(try await bounded.events(about: ["shop/old:v1", "nameless"], on: engine) == [old[1]])
        #expect(try await bounded.events(about: ["shop/busy:v1"], on: engine).count == 20)
    }

    @Test func manyEventsAtOnceKeepTheNewest() async throws {
        let path = folder.path("bounded.sqlite")
        let bounded = try await SQLiteLedger.open(
            path: path,
            access: .readWrite,
            waitingAtMost: .seconds(10),
            keeping: EventLimits(images: 20, containers: 20)
        )
        let tags = try (0..<100).map { try tag($0, 1, "shop/api:v1") }
        try await bounded.record(tags.shuffled(), on: engine)
        #expect(try await bounded.events(about: ["shop/api:v1"], on: engine) == tags.suffix(20))
    }

    // MARK: Volumes

    private func volume(_ second: Int64, _ action: String, _ name: String) -> EngineEvent {
        EngineEvent(time: moment(second), kind: "volume", action: action, actor: name, attributes: ["driver": "local"])
    }

    @Test func theLastUseOfAVolumeIsKept() async throws {
        try await ledger.record([volume(1, "create", "db"), volume(3, "unmount", "db"), volume(2, "mount", "db")], on: engine)
        #expect(try await ledger.lastUses(ofVolumes: ["db", "other"], on: engine) == ["db": moment(3)])
        try await ledger.record([volume(5, "mount", "db"), volume(4, "mount", "other")], on: engine)
        #expect(try await ledger.lastUses(ofVolumes: ["db", "other"], on: engine) == ["db": moment(5), "other": moment(4)])
        #expect(try await ledger.lastUses(ofVolumes: ["db"], on: otherEngine) == [:])
        let before = try folder.contents()
        try await ledger.record([volume(1, "create", "db"), volume(5, "mount", "db")], on: engine)
        #expect(try folder.contents() == before)
    }

    @Test func aVolumeThatIsGoneIsForgottenUntilItIsMadeAnew() async throws {
        let life = [volume(1, "create", "db"), volume(2, "mount", "db"), volume(3, "unmount", "db"), volume(4, "destroy", "db")]
        try await ledger.record(Array(life.prefix(2)), on: engine)
        try await ledger.record(life, on: engine)
        #expect(try await ledger.lastUses(ofVolumes: ["db"], on: engine) == [:])
        try await ledger.record(life + [volume(6, "create", "db")], on: engine)
        #expect(try await ledger.lastUses(ofVolumes: ["db"], on: engine) == ["db": moment(6)])
        // What was before that is no news.
        try await ledger.record(life, on: engine)
        #expect(try await ledger.lastUses(ofVolumes: ["db"], on: engine) == ["db": moment(6)])
    }

    @Test func volumesCrowdOutNeitherImagesNorContainersAndAreNotTakenForThem() async throws {
        let path = folder.path("bounded.sqlite")
        let limits = EventLimits(images: 20, containers: 20, volumes: 20)
        let bounded = try await SQLiteLedger.open(path: path, access: .readWrite, waitingAtMost: .seconds(10), keeping: limits)
        let kept = [try tag(1, 1, "shop/api:v1"), container(2, "start", "shop/api:v1")]
        try await bounded.record(kept, on: engine)
        for second in Int64(10)..<110 { try await bounded.record([volume(second, "mount", "v\(second)")], on: engine) }
        #expect(try await bounded.events(about: ["shop/api:v1", "v100"], on: engine) == kept)
        let names = (10..<110).map { "v\($0)" }
        let uses = try await bounded.lastUses(ofVolumes: names, on: engine)
        #expect((20..<40).contains(uses.count))
        #expect(Set(uses.keys) == Set(names.suffix(uses.count)))
        #expect(try await bounded.newestEvent(on: engine) == moment(109))
    }
}
