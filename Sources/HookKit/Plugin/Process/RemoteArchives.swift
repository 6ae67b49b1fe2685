import PluginWire

/// Archives of images, by way of hook.
struct RemoteArchives: ImageArchives {
    let host: RemoteHost

    func files(matching path: ConfigPath) async throws -> [String] {
        try await host.ask(.archivesFiles, ["path": path.description])
    }

    func contents(of path: String) async throws -> ImageArchiveContents {
        try await host.ask(.archivesContents, ["path": path])
    }
}
