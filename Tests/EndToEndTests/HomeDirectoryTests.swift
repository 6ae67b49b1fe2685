import HookTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The built program finds docker's own files where `docker` finds them: below `HOME`.
@Suite struct HomeDirectoryTests {
    /// What would name an engine, or docker's directory, before `HOME` does.
    private static let nothingNamed: [String: String?] = ["DOCKER_HOST": nil, "DOCKER_CONFIG": nil, "DOCKER_CONTEXT": nil]

    private func hook(
        _ arguments: [String],
        in directory: TemporaryDirectory,
        variables: [String: String?]
    ) async throws -> ProcessOutcome {
        let changes = Self.nothingNamed.merging(variables) { $1 }
        return try await runProcess([Repository.hook] + arguments, environment: .inherited(changing: changes), directory: directory.path)
    }

    /// The home directory of the user's entry, as `docker` takes it where `HOME` says nothing.
    private func homeOfEntry() throws -> String {
        let entry = try #require(getpwuid(getuid()))
        return String(cString: entry.pointee.pw_dir)
    }

    @Test func contextsLieBelowHome() async throws {
        try await TemporaryDirectory.withOne { directory in
            let home = directory["home"]
            let entry = try homeOfEntry()
            for (value, expected) in [(home, home), ("", entry), (nil, entry)] as [(String?, String)] {
                let outcome = try await hook(
                    ["explain", "shop/api:v1"],
                    in: directory,
                    variables: ["HOME": value, "DOCKER_CONTEXT": "no-such-context"]
                )
                #expect(outcome.exitCode == 69, "\(outcome)")
                #expect(
                    outcome.standardError.contains(
                        "there is no docker context 'no-such-context', which DOCKER_CONTEXT names, in '\(expected)/.docker/contexts';"
                    ),
                    "\(outcome)"
                )
            }
        }
    }

    @Test func whatBelongsToRegistriesLiesBelowHome() async throws {
        try await TemporaryDirectory.withOne { directory in
            let certificates = "home/.docker/certs.d/127.0.0.1:1"
            try directory.write("", to: "\(certificates)/client.cert")
            let outcome = try await hook(
                ["rules", "run", "registry-retention", "registry=https://127.0.0.1:1", "keep-last=1", "--dry-run"],
                in: directory,
                variables: ["HOME": directory["home"]]
            )
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(outcome.standardOutput.contains("'\(directory[certificates])' holds 'client.cert' without 'client.key';"), "\(outcome)")
        }
    }

    /// A dry run: an engine that is found in another place must not lose anything to this test.
    @Test(.enabled(if: Repository.servicesAreAvailable))
    func theEngineIsThatOfTheContextBelowHome() async throws {
        try await TestEngine.withOne { engine in
            let image = try await engine.build(nil, content: "a", steps: 0)
            let contexts = "home/.docker/contexts/meta/4f0c1d9a7e21"
            try engine.directory.write(#"{"currentContext": "builder"}"#, to: "home/.docker/config.json")
            try engine.directory.write(
                #"{"Name": "builder", "Metadata": {}, "Endpoints": {"docker": {"Host": "\#(engine.host)", "SkipTLSVerify": false}}}"#,
                to: "\(contexts)/meta.json"
            )
            let outcome = try await hook(
                ["rules", "run", "prune", "older-than=0s", "--dry-run"],
                in: engine.directory,
                variables: ["HOME": engine.directory["home"]]
            )
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(outcome.standardOutput.contains("would-remove  \(image.dropFirst(7).prefix(12))"), "\(outcome)")
            #expect(outcome.standardOutput.contains("classic store, \(engine.host)\n"), "\(outcome)")
        }
    }
}
