/// What a rule has while it runs: services, where it runs, and where its findings go.
public struct RuleContext: Sendable {
    /// What a rule hands to the run.
    public enum Output: Sendable {
        /// A finding.
        case finding(Finding)
        /// How far long work has come.
        case progress(completed: Int, total: Int?)
        /// A line for the log.
        case log(LogLevel, String)
        /// Space that the rule gave back, measured or as the engine said.
        case reclaimed(ByteSize)
    }

    /// How grave a line of the log is.
    public enum LogLevel: String, Sendable {
        /// Shown with `--verbose`.
        case debug
        /// Shown.
        case info
        /// Shown, and marked.
        case warning
    }

    /// The stage's name.
    public let stage: String
    /// The directory that relative paths in the pipeline file are relative to.
    public let directory: String
    /// Says whether nothing may be changed: the plan is reported as it would be carried out.
    public let isDryRun: Bool
    /// Says whether a report of the run shows what findings have as evidence; where none does, a rule need not gather at a cost what is only shown.
    public let showsEvidence: Bool
    /// The build, the branch, the event and the variables of this run.
    public let environment: RunEnvironment
    private let services: any RuleServices
    private let permission: (@Sendable ([PlannedChange]) async throws -> [Bool])?
    private let output: @Sendable (Output) -> Void

    /// Makes a context for one stage; `permission` answers `permits`, and permits everything where it is left out.
    ///
    /// `notesChanges` says whether what it is asked about matters; where it is left out, it does as soon as there is somebody who answers.
    public init(
        stage: String,
        directory: String = ".",
        isDryRun: Bool,
        environment: RunEnvironment,
        services: any RuleServices,
        permission: (@Sendable ([PlannedChange]) async throws -> [Bool])? = nil,
        notesChanges: Bool? = nil,
        showsEvidence: Bool = true,
        output: @escaping @Sendable (Output) -> Void
    ) {
        self.stage = stage
        self.directory = directory
        self.isDryRun = isDryRun
        self.showsEvidence = showsEvidence
        self.environment = environment
        self.services = services
        self.permission = permission
        self.notesChanges = notesChanges ?? (permission != nil)
        self.output = output
    }

    /// The container engine, connected when first asked for.
    public var engine: any ContainerEngine { get async throws { try await services.engine() } }

    /// The container engine at a host, as DOCKER_HOST would name it, beside the run's own.
    public func engine(at host: String) async throws -> any ContainerEngine { try await services.engine(at: host) }

    /// The ledger of tags, opened when first asked for.
    public var ledger: any TagLedger { get async throws { try await services.ledger() } }

    /// Commands as processes of their own.
    public var commands: any CommandRunner { services.commands }

    /// Archives of images.
    public var archives: any ImageArchives { services.archives }

    /// Registries' directories.
    public var registryStores: any RegistryStores { services.registryStores }

    /// Registries that speak the OCI Distribution API, each connected when first asked for.
    public var registries: any Registries { services.registries }

    /// Files that say which images are to run.
    public var deploymentFiles: any DeploymentFiles { services.deploymentFiles }

    /// Asks whether a change that the rule has decided on may be made, in a dry run as well.
    ///
    /// A dry run notes the change, so that it can stand in a plan, and permits it; a run permits everything. A run that carries out a plan permits
    /// what the plan has with the same state. What is not permitted stays, with everything that cannot go without it, and is reported as
    /// `Finding.notInPlan`; what a rule changes without asking is refused by the services.
    public func permits(_ change: PlannedChange) async throws -> Bool { try await permits([change]) == [true] }

    /// Asks the same of several changes; the answers in their order.
    public func permits(_ changes: [PlannedChange]) async throws -> [Bool] {
        guard let permission, !changes.isEmpty else { return changes.map { _ in true } }
        return try await permission(changes)
    }

    /// Says whether anybody notes what `permits` is asked about, or holds it to a plan; where not, everything is permitted.
    ///
    /// A rule that makes very many changes need not describe them then.
    public let notesChanges: Bool

    /// Reports a finding.
    public func report(_ finding: Finding) { output(.finding(finding)) }

    /// Says how far long work has come.
    public func progress(completed: Int, total: Int? = nil) { output(.progress(completed: completed, total: total)) }

    /// Writes a line to the log.
    public func log(_ level: LogLevel, _ message: String) { output(.log(level, message)) }

    /// Adds to the space that the stage gave back.
    public func reclaimed(_ size: ByteSize) { output(.reclaimed(size)) }
}
