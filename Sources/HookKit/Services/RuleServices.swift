/// What a run offers its rules; each service is started when a rule first asks for it.
public protocol RuleServices: Sendable {
    /// The container engine.
    func engine() async throws -> any ContainerEngine
    /// The container engine at a host, as DOCKER_HOST would name it, beside the run's own.
    func engine(at host: String) async throws -> any ContainerEngine
    /// The ledger of tags.
    func ledger() async throws -> any TagLedger
    /// Commands as processes of their own.
    var commands: any CommandRunner { get }
    /// Archives of images.
    var archives: any ImageArchives { get }
    /// Registries' directories.
    var registryStores: any RegistryStores { get }
    /// Registries that speak the OCI Distribution API.
    var registries: any Registries { get }
    /// Files that say which images are to run.
    var deploymentFiles: any DeploymentFiles { get }
}
