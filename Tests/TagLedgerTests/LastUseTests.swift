import HookKit
import OCI
import Testing

@testable import TagLedger

/// When an image was last used.
@Suite struct LastUseTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try await writable(folder.path("ledger.sqlite"))
    }

    private func see(_ second: Int64, _ tag: String, _ image: Int, manifest: Int? = nil) async throws {
        _ = try await ledger.record([observation(tag, image, manifest: manifest)], on: engine, by: build(1), at: moment(second))
    }

    private func tell(_ second: Int64, _ action: String, image: Int, _ name: String) async throws {
        let event = EngineEvent(
            time: moment(second),
            kind: "image",
            action: action,
            actor: try digest(image).description,
            attributes: ["name": name]
        )
        try await ledger.record([event], on: engine)
    }

    private func run(_ second: Int64, _ action: String, _ image: String) async throws {
        let event = EngineEvent(
            time: moment(second),
            kind: "container",
            action: action,
            actor: String(repeating: "c0ffee00", count: 8),
            attributes: ["name": "web", "image": image]
        )
        try await ledger.record([event], on: engine)
    }

    /// The seconds of the last uses of the images with some numbers.
    private func uses(_ images: Int...) async throws -> [Timestamp?] {
        let uses = try await ledger.lastUses(of: images.map { try digest($0) }, on: engine)
        return try images.map { uses[try digest($0)] }
    }

    @Test func tagThatWasPutOnAnImageIsAUseAndSeeingItAgainIsNone() async throws {
        try await see(10, "shop/api:v1", 1)
        try await see(20, "shop/api:v1", 1)
        try await see(15, "shop/api:v2", 1)
        #expect(try await uses(1, 2) == [moment(15), nil])
    }

    @Test(arguments: ["tag", "load", "pull", "import", "build"])
    func arrivalOnTheEngineIsAUse(action: String) async throws {
        try await tell(30, action, image: 1, try digest(1).description)
        #expect(try await uses(1) == [moment(30)])
    }

    @Test(arguments: ["untag", "delete", "save", "push", "prune"])
    func otherEventsOfAnImageAreNone(action: String) async throws {
        try await tell(30, action, image: 1, try digest(1).description)
        #expect(try await uses(1) == [nil])
    }

    @Test(arguments: ["create", "start", "die"])
    func containerIsAUseOfTheImageThatItsTagNamed(action: String) async throws {
        try await see(10, "shop/api:v1", 1)
        try await run(15, action, "shop/api:v1")
        try await see(20, "shop/api:v1", 2)
        #expect(try await uses(1, 2) == [moment(15), moment(20)])
        try await run(25, action, "docker.io/shop/api:v1")
        #expect(try await uses(1, 2) == [moment(15), moment(25)])
    }

    @Test func removalOfAContainerIsNoUse() async throws {
        try await see(10, "shop/api:v1", 1)
        try await run(15, "destroy", "shop/api:v1")
        #expect(try await uses(1) == [moment(10)])
    }

    @Test func engineTellsOfATagsMoveBetweenTwoLooks() async throws {
        try await see(10, "shop/api:v1", 1)
        try await tell(12, "tag", image: 2, "shop/api:v1")
        try await run(15, "create", "shop/api:v1")
        try await tell(16, "tag", image: 1, "shop/api:v1")
        try await see(20, "shop/api:v1", 1)
        #expect(try await uses(1, 2) == [moment(16), moment(15)])
        try await run(17, "create", "shop/api:v1")
        #expect(try await uses(1, 2) == [moment(17), moment(15)])
    }

    @Test func containerBeforeTheFirstLookUsedWhatTheTagNamedFirst() async throws {
        try await run(5, "create", "shop/api:v1")
        try await see(10, "shop/api:v1", 1)
        try await run(7, "die", "shop/web:v1")
        #expect(try await uses(1) == [moment(10)])
        try await tell(3, "tag", image: 2, "shop/api:v1")
        #expect(try await uses(1, 2) == [moment(10), moment(5)])
    }

    @Test func containerIsAUseOfTheImageThatItWasMadeFromByID() async throws {
        try await see(10, "shop/api:v1", 1, manifest: 7)
        try await run(20, "create", try digest(1).description)
        #expect(try await uses(1) == [moment(20)])
        try await run(21, "create", try digest(1).short)
        #expect(try await uses(1) == [moment(21)])
        try await run(22, "create", "shop/api@\(try digest(7))")
        #expect(try await uses(1) == [moment(22)])
        try await run(23, "create", try digest(2).description)
        #expect(try await uses(1, 2) == [moment(22), moment(23)])
    }

    @Test func enginesDoNotMix() async throws {
        try await see(10, "shop/api:v1", 1)
        let event = EngineEvent(
            time: moment(20),
            kind: "container",
            action: "create",
            actor: "c",
            attributes: ["image": "shop/api:v1"]
        )
        try await ledger.record([event], on: otherEngine)
        #expect(try await uses(1) == [moment(10)])
        #expect(try await ledger.lastUses(of: [digest(1)], on: otherEngine) == [:])
    }
}
