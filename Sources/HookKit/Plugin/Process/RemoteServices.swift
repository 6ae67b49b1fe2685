/// The services of a rule that runs in a plugin's process: hook answers, with the services of the stage.
///
/// In a dry run hook refuses every change, whatever a rule does.
struct RemoteServices: RuleServices {
    let host: RemoteHost

    func engine() async throws -> any ContainerEngine { RemoteEngine(host: host, address: nil) }
    func engine(at host: String) async throws -> any ContainerEngine { RemoteEngine(host: self.host, address: host) }
    func ledger() async throws -> any TagLedger { RemoteLedger(host: host) }
    var commands: any CommandRunner { RemoteCommandRunner(host: host) }
    var archives: any ImageArchives { RemoteArchives(host: host) }
    var registryStores: any RegistryStores { RemoteRegistryStores(host: host) }
    var registries: any Registries { RemoteRegistries(host: host) }
    var deploymentFiles: any DeploymentFiles { RemoteDeploymentFiles(host: host) }
}
