import HookTesting
import Testing

/// A real engine of a test's own, started by `ci/services` and driven with the docker client, and hook run against it.
final class TestEngine: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case docker
        case podman
    }

    let kind: Kind
    let host: String
    /// The registry's address, where one was started.
    let registry: String?
    let directory: TemporaryDirectory
    private let services: [String]

    /// Starts an engine with a base image, hands it over, and ends it.
    static func withOne(
        _ kind: Kind = .docker,
        registry: Bool = false,
        _ body: (TestEngine) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let services = [kind.rawValue] + (registry ? ["registry"] : [])
        let command = ["\(Repository.root)/ci/services"]
        let place = ["--dir", directory["services"]]
        let started = try await runProcess(command + ["start"] + place + services)
        try #require(started.exitCode == 0, "\(started)")
        let result: Result<Void, any Error>
        do {
            let environment = try await runProcess(command + ["env"] + place + services)
            var variables: [String: String] = [:]
            for line in environment.standardOutput.split(separator: "\n") {
                let pair = line.drop { $0 != " " }.dropFirst().split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                variables[String(pair[0])] = pair[1].filter { $0 != "'" && $0 != "\"" }
            }
            let host = try #require(variables[kind == .docker ? "HOOK_TEST_DOCKER" : "HOOK_TEST_PODMAN"], "\(environment)")
            let engine = TestEngine(
                kind: kind,
                host: host,
                registry: variables["HOOK_TEST_REGISTRY"],
                directory: directory,
                services: services
            )
            try await engine.importBase()
            try await body(engine)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        let stopped = try await runProcess(command + ["stop"] + place)
        #expect(stopped.exitCode == 0, "\(stopped)")
        try result.get()
    }

    private init(kind: Kind, host: String, registry: String?, directory: TemporaryDirectory, services: [String]) {
        self.kind = kind
        self.host = host
        self.registry = registry
        self.directory = directory
        self.services = services
    }

    // MARK: The docker client

    /// Runs the docker client; what it wrote, without white space at the end.
    @discardableResult
    func docker(_ arguments: String..., input: String? = nil) async throws -> String {
        let outcome = try await runProcess(
            ["docker"] + arguments,
            environment: environment(),
            input: input.map { .text($0) } ?? .nothing
        )
        try #require(outcome.exitCode == 0, "docker \(arguments.joined(separator: " ")): \(outcome)")
        return String(outcome.standardOutput.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Runs a script whose docker commands reach the engine.
    func shell(_ script: String) async throws {
        let outcome = try await runProcess(["sh", "-e", "-c", script], environment: environment(), directory: directory.path)
        try #require(outcome.exitCode == 0, "\(outcome)")
    }

    /// Makes so many events that the engine, which remembers 256 of them, has forgotten the earlier ones.
    func overwriteEvents() async throws {
        let tag = "http://docker/images/alpine:latest/tag?repo=filler&tag=[1-270]"
        try await shell(#"curl -sS --fail --output /dev/null --unix-socket "${DOCKER_HOST#unix://}" --request POST "\#(tag)""#)
    }

    /// Loads an archive, and returns when the engine tells of it: Podman writes an event down some time after its answer.
    func load(_ archive: String) async throws {
        let before = try await loadEvents()
        try await docker("load", "--input", archive)
        while kind == .podman, try await loadEvents() == before {}
    }

    /// How many loads Podman tells of; 0 of another engine.
    private func loadEvents() async throws -> Int {
        guard kind == .podman else { return 0 }
        return try await podman("events", "--stream=false", "--filter", "event=loadfromarchive").split(separator: "\n").count
    }

    /// Commits a container without a name; the image's ID.
    func commit(_ container: String) async throws -> String {
        guard kind == .podman else { return try await docker("commit", container) }
        // The docker client sends an empty body, which Podman 4.3 cannot read.
        let outcome = try await runProcess(["podman", "--remote", "--url", host, "commit", "--quiet", container])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return String(outcome.standardOutput.split(whereSeparator: \.isWhitespace).last ?? "")
    }

    /// Podman's own client ends where docker's directory has no file of credentials.
    private static let podmanEnvironment = RunningProcess.Environment.inherited(changing: ["DOCKER_CONFIG": nil])

    /// Runs Podman's own client; what it wrote, without white space at the end.
    @discardableResult
    func podman(_ arguments: String...) async throws -> String {
        let command = ["podman", "--remote", "--url", host] + arguments
        let outcome = try await runProcess(command, environment: Self.podmanEnvironment, directory: directory.path)
        try #require(outcome.exitCode == 0, "podman \(arguments.joined(separator: " ")): \(outcome)")
        return String(outcome.standardOutput.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Starts Podman's own client.
    func startPodman(_ arguments: [String]) throws -> RunningProcess {
        try RunningProcess(
            ["podman", "--remote", "--url", host] + arguments,
            environment: Self.podmanEnvironment,
            directory: directory.path
        )
    }

    /// Takes a tag away by Podman's own client; its Docker-compatible API would end the container too.
    func untagOnPodman(_ name: String) async throws {
        let outcome = try await runProcess(["podman", "--remote", "--url", host, "untag", name])
        try #require(outcome.exitCode == 0, "\(outcome)")
    }

    /// The ID of the image that a name names: `sha256:` and 64 digits.
    func id(_ name: String) async throws -> String {
        let id = try await docker("image", "inspect", "--format", "{{.Id}}", name)
        return id.hasPrefix("sha256:") ? id : "sha256:\(id)"
    }

    /// The first twelve digits of the ID that a name names.
    func short(_ name: String) async throws -> String { String(try await id(name).dropFirst(7).prefix(12)) }

    /// Builds an image of several steps from `alpine:latest` by the classic builder; other content gives another image.
    @discardableResult
    func build(_ tag: String?, content: String, from base: String = "alpine:latest", steps: Int = 2) async throws -> String {
        let name = "build-\(content)"
        let run = (0..<steps).map { "RUN echo \(content) \($0) > /file\($0)\n" }.joined()
        try directory.write("FROM \(base)\n\(run)LABEL content=\(content)\n", to: "\(name)/Dockerfile")
        let tags = tag.map { ["--tag", $0] } ?? []
        let file = directory[name] + "/id"
        let outcome = try await runProcess(
            ["docker", "build", "--network", "none", "--iidfile", file] + tags + [directory[name]],
            environment: environment()
        )
        try #require(outcome.exitCode == 0, "\(outcome)")
        let id = try directory.text(of: "\(name)/id")
        return id.hasPrefix("sha256:") ? id : "sha256:\(id)"
    }

    /// Makes `alpine:latest` from busybox: there is no image to pull.
    private func importBase() async throws {
        try directory.makeDirectory("base/bin")
        let busybox = try await runProcess(
            ["sh", "-c", "cp \"$(command -v busybox)\" bin/busybox && ln bin/busybox bin/sh && ln bin/busybox bin/sleep"],
            directory: directory["base"]
        )
        try #require(busybox.exitCode == 0, "\(busybox)")
        let imported = try await runProcess(
            ["sh", "-c", "tar -C '\(directory["base"])' -c . | docker import --change 'ENV PATH=/bin' - alpine:latest"],
            environment: environment()
        )
        try #require(imported.exitCode == 0, "\(imported)")
    }

    // MARK: hook

    private func environment(_ more: [String: String?] = [:]) -> RunningProcess.Environment {
        // The CI system that runs the tests is no part of what they see.
        var changes: [String: String?] = ["DOCKER_HOST": host, "DOCKER_BUILDKIT": "0", "CI": nil, "GITLAB_CI": nil, "NO_COLOR": nil]
        for (name, value) in more { changes[name] = value }
        return .inherited(changing: changes)
    }

    /// Starts hook in the test's directory.
    func startHook(_ arguments: [String], variables: [String: String?] = [:]) throws -> RunningProcess {
        try RunningProcess([Repository.hook] + arguments, environment: environment(variables), directory: directory.path)
    }

    /// Runs hook with a pipeline in the test's directory; what it did, with its reports checked.
    func run(_ pipeline: String, _ arguments: [String] = [], variables: [String: String?] = [:]) async throws -> HookRun {
        try await HookRun(pipeline, arguments, in: directory, environment: environment(variables))
    }
}
