import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What fails, and what is broken.
extension RetentionTests {
    @Test func aDeletionThatWasTurnedAwayIsDecidedAnew() async throws {
        let busy = RegistryError(.turnedAway, "it is busy")
        let example = Self.registry(["a:pr-1": "1", "a:v1": "2"])
        let moved = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request == "DELETE a@\(Digest.example("1"))" else { return }
            registry.tags["a:prod"] = .example("1")
            throw busy
        }
        #expect(moved.tags == ["a:pr-1", "a:prod", "a:v1"])
        #expect(moved.finding("a:pr-1")?.message == "'prod' was put on it meanwhile")
        let counter = Counter()
        let patient = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request.hasPrefix("DELETE a@"), counter.next() < 3 { throw busy }
        }
        #expect(patient.tags == ["a:v1"])
        #expect(patient.finding("a:pr-1")?.type == "removed")
        let never = try await RetentionRun(Self.basic, on: example) { request, _ in if request.hasPrefix("DELETE a@") { throw busy } }
        #expect(never.tags == ["a:pr-1", "a:v1"])
        #expect(never.finding("a:pr-1")?.type == "not-removed")
        #expect(never.finding("a:pr-1")?.message == "it is busy")
        #expect(never.registry.requests.filter { $0.hasPrefix("DELETE a@") }.count == 4)
    }

    @Test func aLookThatShowsNothingIsNoReasonToDelete() async throws {
        let gone = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1"])) { request, registry in
            if request == "DELETE a?" { registry.tags = [:] }
        }
        #expect(gone.finding("a:pr-1")?.type == "not-removed")
        #expect(
            gone.finding("a:pr-1")?.message
                == "the registry 'registry.local:5000' lists no tags of 'a' any more, so nothing is deleted there"
        )
        #expect(gone.registry.state.images.count == 1)
        let images: [ExampleRegistry.Image] = "17".map { .image($0) }
        let lost = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1"], images)) { request, registry in
            if request == "DELETE a?" { registry.tags["a:new"] = .example("7") }
            if request == "GET a@\(Digest.example("7"))" { registry.images.removeAll { $0.manifest.digest == .example("7") } }
        }
        #expect(lost.tags == ["a:new", "a:pr-1"])
        #expect(
            lost.finding("a:pr-1")?.message
                == "the registry 'registry.local:5000' has \(Digest.example("7")) no more, so that what it holds in 'a' is not known"
        )
    }

    @Test func aDeletionOfUnknownOutcomeIsLookedAt() async throws {
        let timeout = RegistryError(.timeout, "it took too long")
        let example = Self.registry(["a:pr-1": "1", "a:v1": "2"])
        let done = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request.hasPrefix("DELETE a@") else { return }
            registry.tags["a:pr-1"] = nil
            throw timeout
        }
        #expect(done.finding("a:pr-1")?.type == "removed")
        #expect(done.findings.findings.last?.message == "1 tag went, 1 stays")
        let counter = Counter()
        let silent = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request.hasPrefix("DELETE a@") || request == "HEAD a:pr-1" && counter.next() > 2 { throw timeout }
        }
        #expect(
            silent.finding("a:pr-1")
                == .error(
                    subject: "registry.local:5000/a:pr-1",
                    type: "unknown",
                    message: "whether it went is not known: it took too long",
                    details: ["it was to go: 'delete' names it by '*:pr-*'"]
                )
        )
        #expect(silent.findings.findings.last?.message == "0 tags went, 1 stays")
    }

    /// The index, which comes first, cannot be deleted; so what it holds, and what belongs to that, stays.
    @Test func whatHangsOnSomethingThatStaysAfterAllStays() async throws {
        let signature = "a:sha256-\(Digest.example("1").hex).sig"
        let example = Self.registry(
            ["a:pr-1": "1", "a:pr-9": "9", "a:pr-2": "2", "a:pr-3": "3", signature: "c"],
            [.image("1"), .image("2"), .image("3"), .image("c"), .index("9", of: ["1", "2"])]
        )
        let failing = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request == "DELETE a@\(Digest.example("9"))" { throw RegistryError(.unauthorized, "no") }
        }
        #expect(failing.tags == ["a:pr-1", "a:pr-2", "a:pr-9", signature])
        #expect(failing.finding("a:pr-9")?.message == "no")
        #expect(failing.finding("a:pr-1")?.message == "an index that stays holds it")
        #expect(failing.finding(signature)?.message == "it belongs to an image that stays")
        let run = try await RetentionRun(Self.basic, on: example)
        #expect(run.tags == [])
        let deletions = run.registry.requests.filter { $0.hasPrefix("DELETE a@") }
        #expect(deletions == "3912c".map { "DELETE a@\(Digest.example($0))" })
    }

    /// The connection breaks after each number of deletions: what is left is whole each time, and a second run ends in the same state.
    @Test func whateverIsLeftOfARunIsWhole() async throws {
        struct Cut: Error {}
        for seed in 100..<130 {
            var random = SplitMix(seed: UInt64(seed))
            let example = Self.random(&random, .manifests)
            let settings: ConfigValue = ["registry": "registry.local:5000", "keep-last": 1, "keep": ["*:keep*"]]
            let whole = try await RetentionRun(settings, on: example)
            for limit in 0..<5 {
                let counter = Counter()
                let cut = try await RetentionRun(settings, on: example) { request, _ in
                    guard request.hasPrefix("DELETE a@") else { return }
                    if counter.next() >= limit { throw Cut() }
                }
                Self.expectWhole(cut.registry.state, example, "seed \(seed), after \(limit)")
                let second = try await RetentionRun(settings, on: cut.registry.state)
                #expect(second.error == nil)
                let referrers = Set(second.registry.state.tags.keys.filter { $0.contains("sha256-") })
                #expect(Set(second.tags).subtracting(referrers) == Set(whole.tags).subtracting(referrers), "seed \(seed), after \(limit)")
            }
        }
    }

    @Test func aDeletionThatFailsIsReportedAndTheRestGoesOn() async throws {
        let tags: [String: Character] = ["a:pr-1": "1", "a:pr-2": "2", "b:pr-3": "3"]
        let run = try await RetentionRun(Self.basic, on: Self.registry(tags)) { request, _ in
            if request == "DELETE a@\(Digest.example("1"))" { throw RegistryError(.unsupported, "the tag is immutable") }
        }
        #expect(run.tags == ["a:pr-1"])
        #expect(
            run.finding("a:pr-1")
                == .error(
                    subject: "registry.local:5000/a:pr-1",
                    type: "not-removed",
                    message: "the tag is immutable",
                    details: ["it was to go: 'delete' names it by '*:pr-*'"]
                )
        )
    }

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

    @Test func aPatternThatMatchesNothingIsSkippedAndANameBesideItFails() async throws {
        let run = try await RetentionRun(
            [
                "registry": "registry.local:5000",
                "images": ["nosuch*/x:*", "shop/apj:*", "shop/api:pr-*", "registry.local:5000/shop/*:v*"],
                "older-than": "1d",
            ],
            on: Self.registry(["shop/api:v1": "1"])
        )
        #expect(
            run.findings.findings.filter { $0.outcome == .failed }.map(\.message) == [
                "the registry has no repository 'shop/apj', which 'images' names"
            ]
        )
        #expect(
            run.findings.findings.filter { $0.outcome == .skipped }.map { "\($0.type) \($0.subject): \($0.message)" } == [
                "no-match nosuch*/x:*: the registry has no tag that 'nosuch*/x:*' matches",
                "no-match shop/api:pr-*: the registry has no tag that 'shop/api:pr-*' matches",
            ]
        )
    }

    /// Whether the registry refused, or may carry it out yet: a tag that is still there right after tells nothing of it.
    @Test(arguments: [
        (RegistryError.Code.timeout, true), (.unreachable, true), (.badAnswer, true), (.refused, false), (.unauthorized, false),
        (.unsupported, false), (.busy, false), (.turnedAway, false), (.configuration, false),
    ])
    func onlyWhatWasRefusedIsSaidToStay(code: RegistryError.Code, isUnknown: Bool) async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"])) { request, _ in
            if request == "DELETE a@\(Digest.example("1"))" { throw RegistryError(code, "it went wrong") }
        }
        #expect(
            run.finding("a:pr-1")
                == .error(
                    subject: "registry.local:5000/a:pr-1",
                    type: isUnknown ? "unknown" : "not-removed",
                    message: isUnknown
                        ? "it was still there right after, and may go yet: it went wrong" : "it went wrong",
                    details: ["it was to go: 'delete' names it by '*:pr-*'"]
                )
        )
        #expect(run.findings.findings.last?.message == (isUnknown ? "0 tags went, 1 stays" : "0 tags went, 2 stay"))
    }
}
