import HookKit
import HookTesting
import OCI
import Testing

@testable import TagLedger

/// Random looks and events, against the plainest ledger that does the same.
@Suite struct ModelTests {
    @Test(arguments: 0..<4)
    func ledgerDoesWhatThePlainestLedgerDoes(part: Int) async throws {
        let seed = TestSeed.first &+ UInt64(part)
        print("ledgerDoesWhatThePlainestLedgerDoes: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let path = folder.path("ledger.sqlite")
        var ledger = try await writable(path)
        var model = NaiveLedger()

        let tags = try (0..<12).map { try reference(["shop/api:v\($0)", "alpine:\($0)", "registry.local:5000/a/b:\($0)"][$0 % 3]) }
        let images = try (0..<9).map { try digest($0) }
        let manifests = try (100..<105).map { try digest($0) }
        let builds = (0..<5).map { build($0) }
        var clock: Int64 = 0
        for step in 0..<80 {
            // Mostly forward, sometimes back, sometimes not at all.
            clock += Int64.random(in: -3...10, using: &random)
            let engine = Int.random(in: 0..<5, using: &random) == 0 ? otherEngine : engine
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let look = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    TagObservation(
                        reference: tags.randomElement(using: &random)!,
                        image: images.randomElement(using: &random)!,
                        manifestDigest: Bool.random(using: &random) ? manifests.randomElement(using: &random) : nil
                    )
                }
                let compared = try await ledger.compare(look, on: engine)
                let build = builds.randomElement(using: &random)!
                let recorded = try await ledger.record(look, on: engine, by: build, at: moment(clock))
                let expected = model.record(look, on: engine, by: build, at: moment(clock))
                #expect(compared == expected, "seed \(seed), step \(step)")
                #expect(recorded == expected, "seed \(seed), step \(step)")
            case 6..<9:
                let events = (0..<Int.random(in: 0...4, using: &random)).map { number -> EngineEvent in
                    let tag = tags.randomElement(using: &random)!.description
                    let image = images.randomElement(using: &random)!.description
                    // Two events of a moment cannot be told apart in order, by the ledger or by anyone.
                    let time = Timestamp(nanoseconds: moment(clock).nanoseconds + Int64(step * 10 + number + 1))
                    guard Bool.random(using: &random) else {
                        return EngineEvent(time: time, kind: "image", action: "tag", actor: image, attributes: ["name": tag])
                    }
                    let typed = Int.random(in: 0..<4, using: &random) == 0 ? image : tag
                    return EngineEvent(
                        time: time,
                        kind: "container",
                        action: ["create", "start", "die"].randomElement(using: &random)!,
                        actor: "container",
                        attributes: ["image": typed]
                    )
                }
                let known = model.events(on: engine).randomElement(using: &random).map { [$0] } ?? []
                try await ledger.record(events + known, on: engine)
                model.record(events + known, on: engine)
            default:
                ledger = try await writable(path)
            }
            for engine in [engine, otherEngine] {
                #expect(
                    try await ledger.generations(of: images, on: engine) == model.generations(of: images, on: engine),
                    "seed \(seed), step \(step)"
                )
                #expect(
                    try await ledger.generations(of: tags, on: engine) == model.generations(of: tags, on: engine),
                    "seed \(seed), step \(step)"
                )
                #expect(
                    try await Set(ledger.latestGenerations(on: engine)) == model.latestGenerations(on: engine),
                    "seed \(seed), step \(step)"
                )
                #expect(
                    try await ledger.newestEvent(on: engine) == model.events(on: engine).map(\.time).max(),
                    "seed \(seed), step \(step)"
                )
                #expect(
                    try await ledger.lastUses(of: images, on: engine) == model.lastUses(of: images, on: engine),
                    "seed \(seed), step \(step)"
                )
                let subjects = [tags[step % 12].description, images[step % 9].description]
                let found = try await ledger.events(about: subjects, on: engine)
                #expect(found.map(\.time) == found.map(\.time).sorted(), "seed \(seed), step \(step)")
                #expect(
                    Dictionary(grouping: found, by: \.time).sorted { $0.key < $1.key }.map { Set($0.value) }
                        == model.events(about: subjects, on: engine),
                    "seed \(seed), step \(step)"
                )
            }
        }
    }
}
