import HookKit
import HookTesting
import Synchronization
import Testing

@testable import ImageRules

/// Random worlds and policies: whatever they are, nothing that must stay is removed, and one run is enough.
@Suite struct PruneSafetyTests {
    static func digest(_ number: Int) -> Digest {
        let hex = String(number + 1, radix: 16)
        return Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64 - hex.count) + hex)!
    }

    static func world(_ random: inout SeededGenerator) -> ExampleWorld {
        let count = Int.random(in: 1...14, using: &random)
        var world = ExampleWorld()
        world.images = (0..<count).map { index in
            let tags = (0..<[0, 0, 1, 1, 2].randomElement(using: &random)!).map { "shop/app\(index % 3):v\(index)-\($0)" }
            return EngineImage(
                id: digest(index),
                // A parent is older than its child, so parents never form a circle.
                parent: index > 0 && Bool.random(using: &random) ? digest(Int.random(in: 0..<index, using: &random)) : nil,
                references: tags.map { ImageReference($0)! },
                created: ExampleWorld.now - .seconds(Int64.random(in: 0...20_000, using: &random)),
                size: ByteSize(bytes: Int64.random(in: 1...1000, using: &random)),
                sharedSize: 0,
                labels: Bool.random(using: &random) ? ["ci": "true"] : [:]
            )
        }
        world.imageDetails = world.images.map { EngineImageDetails(id: $0.id, lastTagged: nil, layers: [$0.id], parent: $0.parent) }
        let old = ExampleWorld.now - .seconds(30_000)
        for number in 0..<3 {
            world.networks.append(
                EngineNetwork(
                    id: "n\(number)",
                    name: "net\(number)",
                    driver: "bridge",
                    scope: "local",
                    created: old,
                    labels: [:],
                    isPredefined: false
                )
            )
            world.volumes.append(EngineVolume(name: "vol\(number)", driver: "local", created: old, labels: [:]))
        }
        for number in 0..<Int.random(in: 0...3, using: &random) {
            let id = String(repeating: "0", count: 63) + String(number)
            let image = world.images.randomElement(using: &random)!
            let state = ["running", "exited", "created", "paused"].randomElement(using: &random)!
            let typed = image.references.first?.description ?? ["x", "shop/app1:moved", image.id.short].randomElement(using: &random)!
            world.containers.append(
                EngineContainer(
                    id: id,
                    names: ["c\(number)"],
                    image: image.id,
                    imageName: image.references.first?.description ?? image.id.description,
                    state: state,
                    created: old,
                    networks: Bool.random(using: &random) ? ["net\(Int.random(in: 0..<3, using: &random))"] : [],
                    volumes: Bool.random(using: &random) ? ["vol\(Int.random(in: 0..<3, using: &random))"] : []
                )
            )
            world.containerDetails.append(
                EngineContainerDetails(
                    id: id,
                    configuredImage: typed,
                    started: nil,
                    finished: ExampleWorld.now - .seconds(Int64.random(in: 0...20_000, using: &random))
                )
            )
        }
        return world
    }

    /// The newest images of each repository by their creation, as many as `keep-last` says.
    static func newest(of world: ExampleWorld, _ settings: ConfigValue) -> [EngineImage] {
        guard case .mapping(let entries) = settings.content,
            case .integer(let count)? = entries.first(where: { $0.key == "keep-last" })?.value.content
        else { return [] }
        return Set(world.images.flatMap(\.references).map(\.familiarName)).flatMap { repository in
            world.images.filter { image in image.references.contains { $0.familiarName == repository } }
                .sorted { ($0.created, $0.id) > ($1.created, $1.id) }.prefix(count)
        }
    }

    static func settings(_ random: inout SeededGenerator) -> ConfigValue {
        var entries: [(String, ConfigValue)] = []
        if Bool.random(using: &random) { entries.append(("unused", true)) }
        if Bool.random(using: &random) { entries.append(("containers", true)) }
        if Bool.random(using: &random) { entries.append(("networks", true)) }
        if Bool.random(using: &random) { entries.append(("volumes", ["vol*"])) }
        if Bool.random(using: &random) { entries.append(("protect", ["shop/app1"])) }
        if Bool.random(using: &random) { entries.append(("images", ["shop/app0", "shop/app1"])) }
        if Bool.random(using: &random) { entries.append(("keep-last", ConfigValue(.integer(Int.random(in: 1...2, using: &random))))) }
        if Bool.random(using: &random) { entries.append(("labels", ["ci=true"])) }
        if Bool.random(using: &random) { entries.append(("keep-bytes", "1kB")) }
        if Bool.random(using: &random) { entries.append(("older-than", "2h")) }
        return ConfigValue(.mapping(entries.map { .init(key: $0.0, value: $0.1) }))
    }

    static func run(
        _ settings: ConfigValue,
        on engine: FakeEngine,
        _ world: ExampleWorld,
        isDryRun: Bool,
        permission: @escaping @Sendable ([PlannedChange]) async throws -> [Bool] = { $0.map { _ in true } }
    ) async throws -> [Finding] {
        let collector = FindingCollector()
        try await run(settings, on: engine, world, isDryRun: isDryRun, permission: permission, into: collector)
        return collector.findings
    }

    static func run(
        _ settings: ConfigValue,
        on engine: FakeEngine,
        _ world: ExampleWorld,
        isDryRun: Bool,
        permission: @escaping @Sendable ([PlannedChange]) async throws -> [Bool] = { $0.map { _ in true } },
        ledger: FakeLedger? = nil,
        into collector: FindingCollector
    ) async throws {
        let rule = try #require(RegisteredRule(Prune.self, origin: "tests").prepare(settings, directory: "/").rule)
        let environment = RunEnvironment(
            build: BuildRecord(run: "r", pipeline: "p"),
            event: .manual,
            variables: [:],
            now: { ExampleWorld.now }
        )
        let services = FakeServices(
            engine: engine,
            ledger: ledger ?? FakeLedger(world),
            commands: FakeCommandRunner(world),
            archives: FakeImageArchives(world.archives)
        )
        let context = RuleContext(
            stage: "s",
            isDryRun: isDryRun,
            environment: environment,
            services: services,
            permission: permission,
            output: collector.take
        )
        try await rule.run(in: context)
    }

    /// Calls a body with many random worlds and settings, and what a failure there is to say.
    private static func inRandomWorlds(
        _ body: (ExampleWorld, ConfigValue, Comment, inout SeededGenerator) async throws -> Void
    ) async throws {
        let seed = TestSeed.first
        print("PruneSafetyTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        for round in 0..<400 {
            let world = world(&random)
            let settings = settings(&random)
            try await body(world, settings, "seed \(seed), round \(round), \(settings.yaml)", &random)
        }
    }

    @Test func randomPlansNeverTouchWhatMustStayAndOneRunIsEnough() async throws {
        try await Self.inRandomWorlds { world, settings, note, random in
            let engine = FakeEngine(world)
            let planned = try await Self.run(settings, on: engine, world, isDryRun: true)
            #expect(try await engine.images(.current).count == world.images.count, note)
            let done = try await Self.run(settings, on: engine, world, isDryRun: false)
            // The dry run is the run.
            #expect(
                Set(planned.filter { $0.type == "would-remove" }.map(\.subject))
                    == Set(done.filter { $0.type == "removed" }.map(\.subject)),
                note
            )
            #expect(planned.filter { $0.type == "kept" } == done.filter { $0.type == "kept" })
            // The engine had no reason to refuse: children went before parents, and nothing was in use.
            #expect(done.allSatisfy { $0.type == "removed" || $0.type == "kept" }, note)

            let left = try await engine.images(.current)
            let leftIDs = Set(left.map(\.id))
            let remaining = try await engine.containers()
            for container in world.containers {
                if container.state == "running" || container.state == "paused" { #expect(remaining.contains { $0.id == container.id }) }
            }
            for image in Self.newest(of: world, settings) { #expect(leftIDs.contains(image.id), note) }
            for container in world.containerDetails where settings.yaml.contains("protect") {
                if container.configuredImage.hasPrefix("shop/app1:") {
                    #expect(remaining.contains { $0.id == container.id }, note)
                }
            }
            for image in world.images {
                if remaining.contains(where: { $0.image == image.id }) { #expect(leftIDs.contains(image.id), note) }
                if leftIDs.contains(image.id), let parent = image.parent { #expect(leftIDs.contains(parent), note) }
                if !image.references.isEmpty, !settings.yaml.contains("unused") {
                    #expect(left.first { $0.id == image.id }?.references == image.references, note)
                }
                if settings.yaml.contains("protect"), image.references.contains(where: { $0.familiarName == "shop/app1" }) {
                    #expect(leftIDs.contains(image.id), note)
                }
                if ExampleWorld.now.since(image.created) < .seconds(3600) { #expect(leftIDs.contains(image.id), note) }
            }
            if !settings.yaml.contains("keep-bytes") {
                let again = try await Self.run(settings, on: engine, world, isDryRun: true)
                #expect(
                    again.allSatisfy { $0.type == "kept" },
                    note
                )
            }
        }
    }

    @Test func randomPermissionsAreKeptAndWhatHangsOnTheRestStays() async throws {
        try await Self.inRandomWorlds { world, settings, note, random in
            let asked = Mutex<[PlannedChange]>([])
            let all = try await Self.run(settings, on: FakeEngine(world), world, isDryRun: true) { changes in
                asked.withLock { $0 += changes }
                return changes.map { _ in true }
            }
            let changes = asked.withLock { $0 }
            // What a dry run would remove is what it asked about, each once.
            #expect(changes.map(\.subject).sorted() == all.filter { $0.type == "would-remove" }.map(\.subject).sorted(), note)
            let permitted = Set(changes.filter { _ in Bool.random(using: &random) })
            let engine = FakeEngine(world)
            let done = try await Self.run(settings, on: engine, world, isDryRun: false) { $0.map { permitted.contains($0) } }
            let removed = done.filter { $0.type == "removed" }.map(\.subject)
            let left = done.filter { $0.type == "not-in-plan" }.map(\.subject)
            #expect(Set(removed).isSubset(of: permitted.map(\.subject)), note)
            #expect((removed + left).sorted() == changes.map(\.subject).sorted(), note)
            // The engine had no reason to refuse: what stays holds nothing that was to go.
            #expect(done.allSatisfy { ["removed", "kept", "not-in-plan"].contains($0.type) }, note)
            let ids = Set(try await engine.images(.current).map(\.id))
            let targets = Set(permitted.filter { $0.action == .removeImage }.map(\.target))
            for image in world.images where !ids.contains(image.id) { #expect(targets.contains(image.id.description), note) }
            for image in world.images where ids.contains(image.id) {
                if let parent = image.parent { #expect(ids.contains(parent), note) }
            }
        }
    }

    @Test func whateverFailsNothingGoesThatWhatStaysNeeds() async throws {
        try await Self.inRandomWorlds { world, settings, note, random in
            let failing = Set((1...12).filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
            let codes: [EngineError.Code] = [.badAnswer, .conflict, .timeout, .unreachable, .unknownOutcome]
            let newcomer = EngineContainer(
                id: String(repeating: "d", count: 64),
                names: ["newcomer"],
                image: world.images.randomElement(using: &random)!.id,
                imageName: "x",
                state: "running",
                created: ExampleWorld.now,
                networks: ["net1"],
                volumes: ["vol1"]
            )
            let arrival = Int.random(in: 1...8, using: &random)
            let count = Counter()
            let engine = FakeEngine(world) { request, engine in
                guard request.isChange else { return }
                let number = count.next()
                let state = engine.state
                if number == arrival, state.images.contains(where: { $0.id == newcomer.image }),
                    state.networks.contains(where: { $0.name == "net1" }), state.volumes.contains(where: { $0.name == "vol1" })
                {
                    engine.update { $0.containers.append(newcomer) }
                    engine.inject(EngineEvent(time: ExampleWorld.now, kind: "container", action: "create", actor: newcomer.id))
                }
                if failing.contains(number) { throw EngineError(codes[number % codes.count], "it failed") }
            }
            let done = try await Self.run(settings, on: engine, world, isDryRun: false)
            let state = engine.state
            for container in state.containers {
                let image = state.images.first { $0.id == container.image }
                #expect(image != nil, note)
                if container.id != newcomer.id {
                    #expect(image?.references == world.images.first { $0.id == container.image }?.references, note)
                }
                for network in container.networks { #expect(state.networks.contains { $0.name == network }, note) }
                for volume in container.volumes { #expect(state.volumes.contains { $0.name == volume }, note) }
            }
            for container in world.containers where !container.isStopped { #expect(state.containers.contains(container), note) }
            for image in state.images {
                if let parent = image.parent { #expect(state.images.contains { $0.id == parent }, note) }
            }
            for image in Self.newest(of: world, settings) { #expect(state.images.contains(image), note) }
            // What is said to be removed is gone, and what is said to stay is there with what it had.
            let things = done.filter { $0.type == "removed" }.map(\.subject)
            for container in state.containers { #expect(!things.contains("container \(container.displayName)"), note) }
            for network in state.networks { #expect(!things.contains("network \(network.name)"), note) }
            for volume in state.volumes { #expect(!things.contains("volume \(volume.name)"), note) }
            let kept = done.filter { $0.type == "kept" || $0.type == "not-removed" }.map(\.subject)
            for image in world.images where !image.references.isEmpty && kept.contains(image.references.min()!.description) {
                #expect(state.images.contains(image), note)
            }
        }
    }

    @Test func whatAnImageIsBuiltOnStaysWithItAndSaysWhy() async throws {
        var world = ExampleWorld()
        let old = ExampleWorld.now - .seconds(90_000)
        world.images = [
            EngineImage(id: Self.digest(1), created: old, size: 1000, sharedSize: 0),
            EngineImage(id: Self.digest(2), parent: Self.digest(1), created: old, size: 1000, sharedSize: 0),
        ]
        let engine = FakeEngine(world)
        let findings = try await Self.run([:], on: engine, world, isDryRun: false) { changes in
            changes.map { $0.target != Self.digest(2).description }
        }
        #expect(
            findings.map { "\($0.type) \($0.subject): \($0.message)" } == [
                "not-in-plan \(Self.digest(2).short): it is not in the plan, so it stays",
                "not-in-plan \(Self.digest(1).short): '\(Self.digest(2).short)', which stays, needs it",
            ]
        )
        #expect(try await engine.images(.current).count == 2)
    }
}
