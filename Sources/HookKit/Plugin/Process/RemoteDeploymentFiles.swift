import PluginWire

/// Files that say which images are to run, by way of hook.
struct RemoteDeploymentFiles: DeploymentFiles {
    let host: RemoteHost

    func files(matching path: ConfigPath) async throws -> [String] {
        try await host.ask(.deploymentsFiles, ["path": path.absolute])
    }

    func images(namedIn path: String) async throws -> [DeployedImage] { try await host.ask(.deploymentsImages, ["path": path]) }
}
