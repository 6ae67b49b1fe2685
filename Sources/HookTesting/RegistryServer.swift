import Synchronization

/// `docker-registry serve` on a directory, at a loopback port that stays the same when it is started again.
package final class RegistryServer: Sendable {
    /// How the registry is set up.
    package struct Configuration: Sendable {
        /// Whether its API deletes.
        package var deletes = true
        /// Whether it keeps what it knows of blobs in memory.
        package var hasMemoryCache = false
        /// Whether it refuses uploads.
        package var isReadOnly = false
        /// Whether it writes each request that it answered on its standard output.
        package var logsRequests = false
        /// The file of names and bcrypt hashes of those who may use it.
        package var passwords: String?
        /// The files of its certificate and of the certificate's key.
        package var tls: (certificate: String, key: String)?
        /// What stands under `auth`, where it is something else than passwords.
        package var authentication: String?

        /// A registry that deletes, without a cache, open to all.
        package init() {}
    }

    /// The name of the one who may use a registry that asks for it.
    package static let user = "ann"
    /// The password.
    package static let password = "tea-4711"
    /// The line of both in a file of passwords, by bcrypt.
    package static let passwordLine = "ann:$2b$04$7bs21rFICAXRUfILC7oeB./3S.joWodgfQlAojeoPRc0koycacKiC\n"

    /// The directory that it stores in.
    package let root: String
    private let directory: TemporaryDirectory
    private let configuration: Configuration
    private let state = Mutex<(process: RunningProcess?, address: String)>((nil, "127.0.0.1:0"))

    /// Describes a registry; nothing is started.
    package init(root: String, _ configuration: Configuration = Configuration()) throws {
        self.root = root
        self.configuration = configuration
        directory = try TemporaryDirectory()
    }

    /// `127.0.0.1:<port>`, once it was started.
    package var address: String { state.withLock { $0.address } }

    /// Its address with the scheme.
    package var url: String { "\(configuration.tls == nil ? "http" : "https")://\(address)" }

    /// Starts it and waits until it listens.
    package func start() async throws {
        let scheme = configuration.tls.map { ", tls: {certificate: \"\($0.certificate)\", key: \"\($0.key)\"}" } ?? ""
        var text = """
            version: 0.1
            log: {level: info, accesslog: {disabled: \(!configuration.logsRequests)}}
            storage:
              filesystem: {rootdirectory: "\(root)"}
              delete: {enabled: \(configuration.deletes)}
              maintenance: {uploadpurging: {enabled: false}, readonly: {enabled: \(configuration.isReadOnly)}}
            http: {addr: "\(address)", secret: loopback-only\(scheme)}

            """
        if configuration.hasMemoryCache { text = text.replacing("  delete:", with: "  cache: {blobdescriptor: inmemory}\n  delete:") }
        if let passwords = configuration.passwords { text += "auth: {htpasswd: {realm: tests, path: \"\(passwords)\"}}\n" }
        if let authentication = configuration.authentication { text += "auth:\n\(authentication)\n" }
        try directory.write(text, to: "registry.yml")
        let process = try RunningProcess(["docker-registry", "serve", directory["registry.yml"]])
        let log = try await process.output(containing: "listening on ").standardError
        guard let start = log.firstRange(of: "listening on ") else { throw ProcessFailure("no address in: \(log)") }
        let heard = log[start.upperBound...].prefix { $0 != "\"" && $0 != "," && !$0.isWhitespace }
        state.withLock { $0 = (process, String(heard)) }
    }

    /// Ends it and waits until it is gone; what it wrote, where it ran.
    @discardableResult
    package func stop() async throws -> ProcessOutcome? {
        let process = state.withLock { state in
            defer { state.process = nil }
            return state.process
        }
        guard let process else { return nil }
        process.signal(15)
        return try await process.end()
    }
}
