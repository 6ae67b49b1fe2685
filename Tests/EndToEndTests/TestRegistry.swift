import FoundationEssentials
import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// A real registry of a test's own, what skopeo pushes to it, and hook run on its directory.
struct TestRegistry {
    let directory: TemporaryDirectory
    let server: RegistryServer
    /// The authority that its certificate comes from, where it speaks TLS.
    let authority: String?
    var layout: OCILayout

    /// How a registry lets in.
    enum Access: String, CaseIterable, Sendable {
        /// Everybody.
        case open
        /// Who shows a name and a password, by TLS with an authority of the test's own.
        case password
        /// Who shows a token of a token server.
        case token
    }

    /// Starts a registry, hands it over, and ends it.
    static func withOne(
        _ configuration: RegistryServer.Configuration = .init(),
        _ body: (inout TestRegistry) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.withOne { directory in try await start(in: directory, configuration, authority: nil, body) }
    }

    /// Starts a registry that lets in as it is told, hands it over, and ends it.
    static func withOne(_ access: Access, _ body: (inout TestRegistry) async throws -> Void) async throws {
        try await TemporaryDirectory.withOne { directory in
            var configuration = RegistryServer.Configuration()
            switch access {
            case .open: try await start(in: directory, configuration, authority: nil, body)
            case .password:
                try directory.makeDirectory("certificates")
                let certificates = Certificates(directory: directory)
                let authority = try await certificates.makeAuthority("authority")
                configuration.tls = try await certificates.makeCertificate("server", authority: "authority", names: "IP:127.0.0.1")
                configuration.passwords = try directory.write(RegistryServer.passwordLine, to: "htpasswd")
                try await start(in: directory, configuration, authority: authority, body)
            case .token:
                try await TokenServer.withOne { tokens in
                    configuration.authentication = tokens.configuration
                    try await start(in: directory, configuration, authority: nil, body)
                }
            }
        }
    }

    private static func start(
        in directory: TemporaryDirectory,
        _ configuration: RegistryServer.Configuration,
        authority: String?,
        _ body: (inout TestRegistry) async throws -> Void
    ) async throws {
        let server = try RegistryServer(root: directory["registry"], configuration)
        try await server.start()
        var registry = TestRegistry(
            directory: directory,
            server: server,
            authority: authority,
            layout: OCILayout(path: directory["layout"])
        )
        if configuration.passwords != nil || configuration.authentication != nil { try await registry.logIn() }
        try await body(&registry)
        try await server.stop()
    }

    /// Writes the configuration that `docker login` writes, for hook and for skopeo.
    private func logIn() async throws {
        let login = try await runProcess(["base64", "-w", "0"], input: .text("\(RegistryServer.user):\(RegistryServer.password)"))
        try directory.write("{\"auths\":{\"\(server.address)\":{\"auth\":\"\(login.standardOutput)\"}}}", to: "docker/config.json")
    }

    /// The directory that the registry stores in.
    var root: String { server.root }

    /// Bytes for a layer, the same for the same name.
    static func layer(_ name: String) -> [UInt8] { Array(String(repeating: name + "\n", count: 1000).utf8) }

    // MARK: skopeo

    private func skopeo(_ arguments: [String]) async throws -> ProcessOutcome {
        var options: [String] = []
        if directory.exists("docker/config.json") { options += ["--authfile", directory["docker/config.json"]] }
        return try await runProcess(["skopeo", "--insecure-policy"] + arguments.prefix(1) + options + arguments.dropFirst())
    }

    /// Pushes an image of the layout under a name, with everything that it consists of.
    func push(_ tag: String, to name: String) async throws {
        let names = ["oci:\(directory["layout"]):\(tag)", "docker://\(server.address)/\(name)"]
        let outcome = try await skopeo(["copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false"] + names)
        try #require(outcome.exitCode == 0, "\(outcome)")
    }

    /// Says whether an image can be pulled whole.
    func canPull(_ name: String) async throws -> Bool {
        try await TemporaryDirectory.withOne { directory in
            let names = ["docker://\(server.address)/\(name)", "dir:\(directory["image"])"]
            return try await skopeo(["copy", "--quiet", "--all", "--src-tls-verify=false"] + names).exitCode == 0
        }
    }

    // MARK: hook

    private var environment: RunningProcess.Environment {
        .inherited(changing: [
            "DOCKER_HOST": "unix://\(directory["no.sock"])", "DOCKER_CONFIG": directory["docker"], "CI": nil, "GITLAB_CI": nil,
            "NO_COLOR": nil,
        ])
    }

    /// Runs one rule as a pipeline; what it did, with its reports checked.
    func run(_ rule: String, _ settings: [String: String], _ arguments: [String] = []) async throws -> HookRun {
        var lines = ["stages:", "  - rule: \(rule)", "    with:", "      root: \(root)"]
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { lines.append("      \(name): \(value)") }
        return try await HookRun(lines.joined(separator: "\n") + "\n", arguments, in: directory, environment: environment)
    }

    /// Runs a pipeline; what it did, with its reports checked.
    func run(pipeline: String, _ arguments: [String] = []) async throws -> HookRun {
        try await HookRun(pipeline, arguments, in: directory, environment: environment)
    }

    /// Runs a pipeline and stops it as soon as one of the blobs that were there is gone.
    func interrupt(pipeline: String, whenGone before: Set<String>) async throws -> HookRun {
        try directory.write(pipeline, to: "hook.yml")
        let command = [Repository.hook, "run", "hook.yml", "--json", directory["report.json"]]
        let process = try RunningProcess(command, environment: environment, directory: directory.path)
        let blobs = before.filter { $0.contains("/v2/blobs/") }
        while process.now.status == nil, blobs.allSatisfy(FileManager.default.fileExists(atPath:)) {
            try await Task.sleep(for: .milliseconds(1))
        }
        process.signal(2)
        let outcome = try await process.end()
        return try HookRun(outcome: outcome, report: directory.bytes(of: "report.json"))
    }

    /// Runs `registry-retention` as a pipeline.
    func retain(_ settings: [String: String], _ arguments: [String] = []) async throws -> HookRun {
        var lines = ["stages:", "  - rule: registry-retention", "    with:", "      registry: \(server.address)"]
        if let authority { lines.append("      ca: \(authority)") }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { lines.append("      \(name): \(value)") }
        return try await HookRun(lines.joined(separator: "\n") + "\n", arguments, in: directory, environment: environment)
    }

    /// Runs hook with these arguments in the test's directory.
    func hook(_ arguments: [String], variables: [String: String?] = [:]) async throws -> ProcessOutcome {
        var changes: [String: String?] = ["DOCKER_HOST": "unix://\(directory["no.sock"])", "CI": nil, "GITLAB_CI": nil]
        for (name, value) in variables { changes[name] = value }
        return try await runProcess([Repository.hook] + arguments, environment: .inherited(changing: changes), directory: directory.path)
    }

    /// Every file and directory of the registry, with its time and size.
    func listing() async throws -> [Substring] {
        let outcome = try await runProcess(["find", root, "-printf", "%P %y %s %T@\\n"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return outcome.standardOutput.split(separator: "\n").sorted()
    }

    /// The paths of the files below the registry's directory that hook does not keep for itself; what goes meanwhile is left out.
    func files() async throws -> Set<String> {
        let outcome = try await runProcess([
            "find", root, "-ignore_readdir_race", "-path", "*/_hook", "-prune", "-o", "-type", "f", "-print",
        ])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return Set(outcome.standardOutput.split(separator: "\n").map(String.init))
    }
}
