import HookKit
import PluginWire
import Processes
import Synchronization

/// Answers what a plugin's rule asks while it runs, with the services of the stage.
final class ServiceDesk: Sendable {
    private let context: RuleContext
    private let send: @Sendable (WireMessage) -> Void
    private let watches = Mutex<[Int: any EngineWatch]>([:])

    /// Serves one run; `send` takes the lines that a command writes.
    init(context: RuleContext, send: @escaping @Sendable (WireMessage) -> Void) {
        self.context = context
        self.send = send
    }

    /// Ends what the rule left open.
    func close() async {
        for watch in watches.withLock({ Array($0.values) }) { await watch.stop() }
    }

    /// Answers a question.
    func answer(to question: ActiveRun.Question) async throws -> JSONValue {
        let params = try WireObject(question.params, "the question '\(question.method.rawValue)'")
        switch question.method {
        case .planPermits: return try await context.permits(params.values("changes")).wire
        case .engineIdentity, .engineImages, .engineDiskUsage, .engineInspectImages, .engineContainers, .engineInspectContainers,
            .engineServiceImages, .engineManifestLists, .engineNetworks, .engineVolumes, .engineEvents:
            return try await look(question.method, params)
        case .engineWatch, .engineWatchArrived, .engineWatchStop: return try await watch(question.method, params)
        case .engineRemoveImage, .engineRemoveTag, .engineRemoveContainer, .engineRemoveNetwork, .engineRemoveVolume,
            .engineRemoveBuildCache:
            return try await remove(question.method, params)
        case .ledgerRecord, .ledgerCompare, .ledgerRecordEvents, .ledgerGenerationsOfImages, .ledgerGenerationsOfReferences,
            .ledgerLatestGenerations, .ledgerEvents, .ledgerNewestEvent, .ledgerLastUses, .ledgerLastUsesOfVolumes:
            return try await askLedger(question.method, params)
        case .commandsRun: return try await runCommand(question, params)
        case .archivesFiles:
            let directory = try params.optionalString("directory") ?? context.directory
            return try await context.archives.files(matching: ConfigPath(params.string("path"), in: directory)).wire
        case .archivesContents:
            let path = ConfigPath(try params.string("path"), in: context.directory).absolute
            return try await context.archives.contents(of: path).wire
        case .registryCollect:
            // A plugin may ask for a dry run in earnest, and never for a real run in a dry one.
            let isDryRun = try params.boolean("dryRun", default: true) || context.isDryRun
            return try await context.registryStores.collect(params.value("collection"), isDryRun: isDryRun).wire
        case .registryCheck:
            let isDryRun = try params.boolean("dryRun", default: true) || context.isDryRun
            return try await context.registryStores.check(params.value("check"), isDryRun: isDryRun).wire
        case .registryOpen, .registryRepositories, .registryTags, .registryDescriptor, .registryManifest, .registryConfiguration,
            .registryReferrers, .registryDeletionSupport, .registryDeleteTag, .registryDeleteManifest:
            return try await askRegistry(question.method, params)
        case .deploymentsFiles:
            return try await context.deploymentFiles.files(matching: ConfigPath(params.string("path"), in: context.directory)).wire
        case .deploymentsImages:
            let path = ConfigPath(try params.string("path"), in: context.directory).absolute
            return try await context.deploymentFiles.images(namedIn: path).wire
        }
    }

    // MARK: The engine

    /// The engine of the run, or the one at the host that is named.
    private func engine(_ params: WireObject) async throws -> any ContainerEngine {
        guard let host = try params.optionalString("host") else { return try await context.engine }
        return try await context.engine(at: host)
    }

    private func look(_ method: ServiceMethod, _ params: WireObject) async throws -> JSONValue {
        let engine = try await engine(params)
        switch method {
        case .engineIdentity: return try await engine.identity.wire
        case .engineImages:
            return try await engine.images(params.boolean("isCurrent", default: true) ? .current : .sharedByObservers).wire
        case .engineDiskUsage: return try await engine.diskUsage().wire
        case .engineInspectImages: return ["images": .wire(try await engine.inspectImages(params.values("images")))]
        case .engineContainers: return try await engine.containers().wire
        case .engineInspectContainers: return .wire(try await engine.inspectContainers(params.strings("containers")))
        case .engineServiceImages: return try await engine.serviceImages().wire
        case .engineManifestLists: return try await engine.manifestLists(besides: Set(params.values("images"))).wire
        case .engineNetworks: return try await engine.networks().wire
        case .engineVolumes: return try await engine.volumes().wire
        case .engineEvents: return try await engine.events(since: params.optionalValue("since")).wire
        default: preconditionFailure("'\(method.rawValue)' does not look at the engine")
        }
    }

    private func watch(_ method: ServiceMethod, _ params: WireObject) async throws -> JSONValue {
        if method == .engineWatch {
            let watch = try await engine(params).watch()
            return watches.withLock { watches in
                let number = watches.count + 1
                watches[number] = watch
                return .integer(number)
            }
        }
        let number = try params.integer("watch")
        guard let watch = watches.withLock({ $0[number] }) else { throw WireMistake("there is no watch \(number)") }
        if method == .engineWatchArrived { return try await watch.arrived().wire }
        await watch.stop()
        return .object([])
    }

    private func remove(_ method: ServiceMethod, _ params: WireObject) async throws -> JSONValue {
        let engine = try await engine(params)
        switch method {
        case .engineRemoveImage: return try await engine.removeImage(params.value("image")).wire
        case .engineRemoveTag: return try await engine.removeTag(params.value("reference"), of: params.value("image")).wire
        case .engineRemoveContainer: try await engine.removeContainer(params.string("container"))
        case .engineRemoveNetwork: try await engine.removeNetwork(params.string("network"))
        case .engineRemoveVolume: try await engine.removeVolume(params.string("volume"))
        case .engineRemoveBuildCache: return try await engine.removeBuildCache(params.string("record")).wire
        default: preconditionFailure("'\(method.rawValue)' removes nothing")
        }
        return .object([])
    }

    // MARK: The ledger

    private func askLedger(_ method: ServiceMethod, _ params: WireObject) async throws -> JSONValue {
        let ledger = try await context.ledger
        if method == .ledgerGenerationsOfReferences {
            let references: [ImageReference] = try params.values("references")
            let count = try params.optionalInteger("newest")
            let found = try await ledger.generations(of: references, newest: count, on: params.optionalValue("engine"))
            let byName = [String: [TagGeneration]](uniqueKeysWithValues: found.map { ($0.key.description, $0.value) })
            return ["generations": .wire(byName)]
        }
        let engine: EngineIdentity = try params.value("engine")
        switch method {
        case .ledgerRecord:
            return try await ledger.record(
                params.values("observations"),
                on: engine,
                by: params.optionalValue("build") ?? context.environment.build,
                at: params.optionalValue("time") ?? context.environment.now()
            ).wire
        case .ledgerCompare: return try await ledger.compare(params.values("observations"), on: engine).wire
        case .ledgerRecordEvents:
            try await ledger.record(params.values("events", EngineEvent.self), on: engine)
            return .object([])
        case .ledgerGenerationsOfImages:
            let images: [Digest] = try params.values("images")
            return ["generations": .wire(try await ledger.generations(of: images, on: engine))]
        case .ledgerLatestGenerations: return try await ledger.latestGenerations(on: engine).wire
        case .ledgerEvents: return try await ledger.events(about: params.strings("subjects"), on: engine).wire
        case .ledgerNewestEvent: return .wire(["time": try await ledger.newestEvent(on: engine)])
        case .ledgerLastUses:
            let images: [Digest] = try params.values("images")
            return ["times": .wire(try await ledger.lastUses(of: images, on: engine))]
        case .ledgerLastUsesOfVolumes:
            return ["times": .wire(try await ledger.lastUses(ofVolumes: params.strings("volumes"), on: engine))]
        default: preconditionFailure("'\(method.rawValue)' does not ask the ledger")
        }
    }

    // MARK: Registries

    private func askRegistry(_ method: ServiceMethod, _ params: WireObject) async throws -> JSONValue {
        let registry = try await context.registries.registry(at: params.value("registry"))
        if method == .registryOpen { return .string(registry.name) }
        if method == .registryRepositories { return try await registry.repositories().wire }
        let repository = try params.string("repository")
        switch method {
        case .registryTags: return .wire(["found": try await registry.tags(of: repository)])
        case .registryDescriptor:
            return .wire(["found": try await registry.descriptor(of: params.value("target"), in: repository)])
        case .registryManifest: return .wire(["found": try await registry.manifest(params.value("target"), in: repository)])
        case .registryConfiguration:
            return .wire(["found": try await registry.configuration(params.value("target"), in: repository)])
        case .registryReferrers: return try await registry.referrers(of: params.value("target"), in: repository).wire
        case .registryDeletionSupport: return try await registry.deletionSupport(in: repository).wire
        case .registryDeleteTag: return try await registry.deleteTag(params.string("target"), in: repository).wire
        case .registryDeleteManifest: return try await registry.deleteManifest(params.value("target"), in: repository).wire
        default: preconditionFailure("'\(method.rawValue)' does not ask a registry")
        }
    }

    // MARK: Commands

    private func runCommand(_ question: ActiveRun.Question, _ params: WireObject) async throws -> JSONValue {
        let asked: Command = try params.value("command")
        let command = Command(
            arguments: asked.arguments,
            directory: ConfigPath(asked.directory, in: context.directory).absolute,
            environment: asked.environment,
            gracePeriod: asked.gracePeriod
        )
        // Whatever the services are: a command may change anything.
        let runner: any CommandRunner = context.isDryRun ? RefusingCommandRunner() : context.commands
        let result = try await runner.run(command) { [send] line in
            let params: JSONValue = ["request": .integer(question.id), "line": .string(line)]
            send(.notification(method: PluginProtocol.Method.output, params: params))
        }
        return result.wire
    }
}
