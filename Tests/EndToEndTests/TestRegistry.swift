import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// A real registry of a test's own, what skopeo pushes to it, and hook run on its directory.
struct TestRegistry {
    let directory: TemporaryDirectory
    let server: RegistryServer
    var layout: OCILayout

    /// Starts a registry, hands it over, and ends it.
    static func withOne(
        _ configuration: RegistryServer.Configuration = .init(),
        _ body: (inout TestRegistry) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.withOne { directory in
            let server = try RegistryServer(root: directory["registry"], configuration)
            try await server.start()
            var registry = TestRegistry(directory: directory, server: server, layout: OCILayout(path: directory["layout"]))
            try await body(&registry)
            try await server.stop()
        }
    }

    /// The directory that the registry stores in.
    var root: String { server.root }

    /// Bytes for a layer, the same for the same name.
    static func layer(_ name: String) -> [UInt8] { Array(String(repeating: name + "\n", count: 1000).utf8) }

    // MARK: skopeo

    private func skopeo(_ arguments: [String]) async throws -> ProcessOutcome {
        try await runProcess(["skopeo", "--insecure-policy"] + arguments)
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
        .inherited(changing: ["DOCKER_HOST": "unix://\(directory["no.sock"])", "CI": nil, "GITLAB_CI": nil, "NO_COLOR": nil])
    }

    /// Runs one rule as a pipeline; what it did, with its reports checked.
    func run(_ rule: String, _ settings: [String: String], _ arguments: [String] = []) async throws -> HookRun {
        var lines = ["stages:", "  - rule: \(rule)", "    with:", "      root: \(root)"]
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

    /// The paths of the files below the registry's directory that hook does not keep for itself.
    func files() async throws -> Set<String> {
        let outcome = try await runProcess(["find", root, "-path", "*/_hook", "-prune", "-o", "-type", "f", "-print"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return Set(outcome.standardOutput.split(separator: "\n").map(String.init))
    }
}
