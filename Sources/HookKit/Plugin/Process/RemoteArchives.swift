import PluginWire

/// Archives of images, by way of hook.
struct RemoteArchives: ImageArchives {
    let host: RemoteHost

    func files(matching path: ConfigPath) async throws -> [String] {
        // What the path is relative to is what its whole form has in front of it.
        let directory = String(path.absolute.dropLast(path.description.count))
        return try await host.ask(.archivesFiles, ["path": path.description, "directory": directory.isEmpty ? nil : directory])
    }

    func contents(of path: String) async throws -> ImageArchiveContents {
        try await host.ask(.archivesContents, ["path": path])
    }
}
