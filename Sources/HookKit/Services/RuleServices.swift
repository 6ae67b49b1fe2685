/// What a run offers its rules; each service is started when a rule first asks for it.
public protocol RuleServices: Sendable {
    /// The container engine.
    func engine() async throws -> any ContainerEngine
    /// The ledger of tags.
    func ledger() async throws -> any TagLedger
    /// Commands as processes of their own.
    var commands: any CommandRunner { get }
    /// Archives of images.
    var archives: any ImageArchives { get }
    /// Registries' directories.
    var registryStores: any RegistryStores { get }
}
