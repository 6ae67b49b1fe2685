import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What `registry-retention` keeps where something cannot be known.
@Suite struct RetentionDamageTests: RetentionSuite {
    @Test func aRepositoryWithSomethingUnreadableIsKeptWhole() async throws {
        let tags: [String: Character] = ["a:pr-1": "1", "a:pr-2": "2", "b:pr-3": "3"]
        let run = try await RetentionRun(Self.basic, on: Self.registry(tags)) { request, _ in
            if request == "GET a@\(Digest.example("2"))" { throw RegistryError(.wrongDigest, "the content is another") }
        }
        #expect(run.error == nil)
        #expect(run.tags == ["a:pr-1", "a:pr-2"])
        #expect(
            run.verdicts.filter { !$0.contains("b:pr-3") } == [
                "kept a:pr-1: 'a' is kept whole, because what 'pr-2' names cannot be read",
                "unreadable a:pr-2: what it names cannot be read, so 'a' is kept whole",
            ]
        )
        #expect(run.finding("a:pr-2")?.details == ["the content is another"])
        #expect(run.finding("a:pr-2")?.outcome == .failed)
    }

    @Test func aTagOfNothingIsLeftAlone() async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:pr-2": "2"], [.image("1")]))
        #expect(run.tags == ["a:pr-2"])
        #expect(run.finding("a:pr-2")?.type == "dangling")
    }

    @Test func whatStopsTheLookStopsEverything() async throws {
        let tags: [String: Character] = ["a:pr-1": "1", "b:pr-2": "2"]
        for code in [RegistryError.Code.unauthorized, .timeout, .busy, .refused] {
            let run = try await RetentionRun(Self.basic, on: Self.registry(tags)) { request, _ in
                if request == "HEAD b:pr-2" { throw RegistryError(code, "no") }
            }
            #expect(run.error as? RegistryError == RegistryError(code, "no"))
            #expect(run.tags == ["a:pr-1", "b:pr-2"])
        }
    }

    @Test func aRegistryThatDeletesNothingIsAnErrorAlsoInADryRun() async throws {
        for isDryRun in [true, false] {
            let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1"], nil, .nothing), isDryRun: isDryRun)
            #expect(
                run.error as? RegistryError
                    == RegistryError(
                        .unsupported,
                        "the registry 'registry.local:5000' deletes nothing in 'a'; allow deletes in its configuration "
                            + "(`storage: delete: enabled: true`)"
                    )
            )
            #expect(run.findings.findings == [])
        }
    }

    @Test func aFileOfWhichNothingIsKnownStopsEverything() async throws {
        let settings: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-used-in": ["deploy/*.yml"]]
        let run = try await RetentionRun(settings, on: Self.registry(["a:pr-1": "1"]))
        #expect(
            run.error as? DeploymentFileError
                == DeploymentFileError("no file matches 'deploy/*.yml' of 'protect-used-in', so nothing is deleted")
        )
        #expect(run.registry.requests == [])
    }

    @Test func filesThatNameNoImageStopEverything() async throws {
        let settings: ConfigValue = [
            "registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-used-in": ["a.yml", "deploy/*.yml"],
        ]
        let files = ["a.yml": [DeployedImage("shop/web:v1", line: 1)], "deploy/b.yml": [], "deploy/c.yml": []]
        let run = try await RetentionRun(settings, on: Self.registry(["a:pr-1": "1"]), world: ExampleWorld(deploymentFiles: files))
        #expect(
            run.error as? DeploymentFileError
                == DeploymentFileError("the files of 'deploy/*.yml' name no image, so nothing is deleted")
        )
        #expect(run.registry.requests == [])
    }

    @Test func anEngineThatDoesNotAnswerStopsWhatItProtectsAndNotWhatTheLedgerDates() async throws {
        let failure = EngineError(.unreachable, "the engine is down")
        let protected: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-running": ["default"]]
        let stopped = try await RetentionRun(protected, on: Self.registry(["a:pr-1": "1"]), engine: .failure(failure))
        #expect(stopped.error as? EngineError == failure)
        #expect(stopped.tags == ["a:pr-1"])
        let dated: ConfigValue = ["registry": "registry.local:5000", "older-than": "1d"]
        let generation = TagGeneration(
            reference: .example("registry.local:5000/a:pr-1"),
            image: .exampleConfiguration("1"),
            firstSeen: ExampleWorld.now - .seconds(3600),
            firstBuild: BuildRecord(run: "x", pipeline: "x"),
            lastSeen: ExampleWorld.now,
            lastBuild: BuildRecord(run: "x", pipeline: "x"),
            sightings: 1
        )
        let run = try await RetentionRun(
            dated,
            on: Self.registry(["a:pr-1": "1", "a:pr-2": "2"]),
            world: ExampleWorld(ledger: [generation]),
            engine: .failure(failure)
        )
        #expect(run.error == nil)
        #expect(run.tags == ["a:pr-1"])
        #expect(run.finding("a:pr-1")?.message == "pushed 1 hour ago by the ledger, which is not older than 1d")
    }

    @Test func aNameThatTheRegistryDoesNotKnowFails() async throws {
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "images": ["shop/apj:*"], "older-than": "1d"],
            on: Self.registry(["shop/api:v1": "1"])
        )
        #expect(run.verdicts == ["not-found shop/apj: the registry has no repository 'shop/apj', which 'images' names"])
        #expect(run.tags == ["shop/api:v1"])
    }
}
