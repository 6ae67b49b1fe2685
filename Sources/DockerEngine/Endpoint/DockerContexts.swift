import FoundationEssentials
import HookKit

/// The contexts of the docker command line: named endpoints under `contexts/` in docker's directory.
///
/// Source: docker/cli, `cli/context/store`: `contexts/meta/<id>/meta.json` describes a context, `contexts/tls/<id>/docker/` holds its
/// certificates. The ID is the SHA-256 of the name, but the name stands in the file too, so that it is found without computing one.
struct DockerContexts {
    /// The context that stands for no context.
    static let defaultName = "default"

    /// Docker's directory.
    let directory: String

    /// The file that names the current context.
    var configurationFile: String { "\(directory)/config.json" }

    private struct Configuration: Decodable {
        let currentContext: String?
    }

    private struct Metadata: Decodable {
        struct Endpoint: Decodable {
            let host: String?
            let skipsVerification: Bool?

            enum CodingKeys: String, CodingKey {
                case host = "Host"
                case skipsVerification = "SkipTLSVerify"
            }
        }

        let name: String
        let endpoints: [String: Endpoint]?

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case endpoints = "Endpoints"
        }
    }

    /// The name of the current context; `nil` where none was chosen.
    func currentName() throws(EngineError) -> String? {
        guard let configuration = try read(Configuration.self, from: configurationFile) else { return nil }
        guard let name = configuration.currentContext, !name.isEmpty else { return nil }
        return name
    }

    /// The endpoint of a context; `source` is what named it.
    func endpoint(of name: String, namedBy source: String) throws(EngineError) -> EngineEndpoint {
        guard let (identifier, metadata) = try find(name) else {
            throw EngineError(
                .configuration,
                "there is no docker context '\(name)', which \(source) names, in '\(directory)/contexts'; `docker context ls` lists what there is"
            )
        }
        guard let endpoint = metadata.endpoints?["docker"], let text = endpoint.host, !text.isEmpty else {
            throw EngineError(
                .configuration,
                "the docker context '\(name)' names no docker host; `docker context inspect \(name)` shows it"
            )
        }
        let host = try HostText(text, origin: .context(name))
        guard !host.isSocket else { return try host.endpoint(tls: nil) }
        let files = CertificateFiles(directory: "\(directory)/contexts/tls/\(identifier)/docker")
        let skips = endpoint.skipsVerification ?? false
        guard !files.isEmpty || skips || host.scheme == "https" else { return try host.endpoint(tls: nil) }
        return try host.endpoint(tls: files.tls(verification: skips ? .none : .full))
    }

    private func find(_ name: String) throws(EngineError) -> (identifier: String, metadata: Metadata)? {
        let parent = "\(directory)/contexts/meta"
        guard FileManager.default.fileExists(atPath: parent) else { return nil }
        let identifiers: [String]
        do {
            identifiers = try FileManager.default.contentsOfDirectory(atPath: parent).sorted()
        } catch {
            throw unreadable(parent, error)
        }
        for identifier in identifiers {
            guard let metadata = try read(Metadata.self, from: "\(parent)/\(identifier)/meta.json"), metadata.name == name else { continue }
            return (identifier, metadata)
        }
        return nil
    }

    /// The content of a file; `nil` where there is none.
    private func read<Content: Decodable>(_ type: Content.Type, from path: String) throws(EngineError) -> Content? {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return nil
        } catch {
            throw unreadable(path, error)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw EngineError(
                .configuration,
                "'\(path)' is not what `docker` writes there, so which engine is meant is not known; repair it, or set DOCKER_HOST"
            )
        }
    }

    private func unreadable(_ path: String, _ error: any Error) -> EngineError {
        let reason = (error as? CocoaError)?.code == .fileReadNoPermission ? "permission denied" : "it cannot be read"
        return EngineError(.configuration, "'\(path)', which says where the engine is: \(reason); make it readable, or set DOCKER_HOST")
    }
}
