/// The small world of a rule's example: an engine, a ledger, registries, files and commands.
public struct ExampleWorld: Sendable {
    /// The time at which the rule runs.
    public static let now = Timestamp(seconds: 1_793_520_000)

    /// The images on the engine.
    public var images: [EngineImage]
    /// The details of images, where they matter.
    public var imageDetails: [EngineImageDetails]
    /// The containers on the engine.
    public var containers: [EngineContainer]
    /// The details of containers, where they matter.
    public var containerDetails: [EngineContainerDetails]
    /// The networks on the engine.
    public var networks: [EngineNetwork]
    /// The volumes on the engine.
    public var volumes: [EngineVolume]
    /// The build cache of the engine.
    public var buildCache: [BuildCacheRecord]
    /// What the engine remembers.
    public var events: [EngineEvent]
    /// What the ledger knows.
    public var ledger: [TagGeneration]
    /// Archives by path.
    public var archives: [String: ImageArchiveContents]
    /// What registries' directories answer, by path.
    public var registryStores: [String: RegistryStoreReport]
    /// Registries by name.
    public var registries: [String: ExampleRegistry]
    /// The images that files name, by path.
    public var deploymentFiles: [String: [DeployedImage]]
    /// The exit codes of commands, by their first argument or, for a shell's command, by its text.
    public var commands: [String: Int]

    /// Makes a world.
    public init(
        images: [EngineImage] = [],
        imageDetails: [EngineImageDetails] = [],
        containers: [EngineContainer] = [],
        containerDetails: [EngineContainerDetails] = [],
        networks: [EngineNetwork] = [],
        volumes: [EngineVolume] = [],
        buildCache: [BuildCacheRecord] = [],
        events: [EngineEvent] = [],
        ledger: [TagGeneration] = [],
        archives: [String: ImageArchiveContents] = [:],
        registryStores: [String: RegistryStoreReport] = [:],
        registries: [String: ExampleRegistry] = [:],
        deploymentFiles: [String: [DeployedImage]] = [:],
        commands: [String: Int] = [:]
    ) {
        self.images = images
        self.imageDetails = imageDetails
        self.containers = containers
        self.containerDetails = containerDetails
        self.networks = networks
        self.volumes = volumes
        self.buildCache = buildCache
        self.events = events
        self.ledger = ledger
        self.archives = archives
        self.registryStores = registryStores
        self.registries = registries
        self.deploymentFiles = deploymentFiles
        self.commands = commands
    }
}
