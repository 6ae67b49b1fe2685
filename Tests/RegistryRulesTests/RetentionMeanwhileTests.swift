import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What `registry-retention` does when the registry changes under it.
@Suite struct RetentionMeanwhileTests: RetentionSuite {
    @Test func aTagThatMovedStays() async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"])) { request, registry in
            // Pushed between the plan and the deletion.
            if request == "DELETE a?" { registry.tags["a:pr-1"] = .example("2") }
        }
        #expect(run.tags == ["a:pr-1", "a:v1"])
        #expect(run.finding("a:pr-1")?.message == "'pr-1' names 222222222222 by now")
        #expect(run.finding("a:pr-1")?.details == ["it was to go: 'delete' names it by '*:pr-*'"])
    }

    @Test func aDigestThatGotATagStays() async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"])) { request, registry in
            if request == "DELETE a?" { registry.tags["a:prod"] = .example("1") }
        }
        #expect(run.tags == ["a:pr-1", "a:prod", "a:v1"])
        #expect(run.finding("a:pr-1")?.message == "'prod' was put on it meanwhile")
    }

    @Test func whatANewIndexHoldsStays() async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"])) { request, registry in
            guard request == "DELETE a?" else { return }
            registry.images.append(.index("9", of: ["1", "2"]))
            registry.tags["a:multi"] = .example("9")
        }
        #expect(run.tags == ["a:multi", "a:pr-1", "a:v1"])
        #expect(run.finding("a:pr-1")?.message == "an index that was pushed meanwhile holds it")
    }

    /// As above, where the new index is under a tag that was to go itself.
    @Test func whatANewIndexUnderADoomedTagHoldsStays() async throws {
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2"])
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request == "DELETE a?" else { return }
            registry.images.append(.index("9", of: ["2", "3"]))
            registry.tags["a:pr-1"] = .example("9")
        }
        #expect(run.tags == ["a:pr-1", "a:pr-2"])
        #expect(run.finding("a:pr-1")?.message == "'pr-1' names 999999999999 by now")
        #expect(run.finding("a:pr-2")?.message == "an index that was pushed meanwhile holds it")
        // The tag may move after the look at all tags as well: the third look is the one right before its deletion.
        let counter = Counter()
        let late = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request == "HEAD a:pr-1", counter.next() == 2 else { return }
            registry.images.append(.index("9", of: ["2", "3"]))
            registry.tags["a:pr-1"] = .example("9")
        }
        #expect(late.tags == ["a:pr-1", "a:pr-2"])
        #expect(late.finding("a:pr-2")?.message == "an index that was pushed meanwhile holds it")
    }

    /// Reading what was pushed meanwhile takes a minute, in which a tag is put on what is to go.
    @Test func aLookIsAsOldAsItsBeginning() async throws {
        let clock = TestClock()
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:v1": "3"], "12347".map { .image($0) })
        let run = try await RetentionRun(Self.basic, on: example, clock: clock) { request, registry in
            if request == "DELETE a?" { registry.tags["a:new"] = .example("7") }
            if request == "GET a@\(Digest.example("7"))" {
                clock.advance(by: .seconds(60))
                registry.tags["a:prod"] = .example("1")
            }
            if request.hasPrefix("DELETE a@") { clock.advance(by: .seconds(60)) }
        }
        #expect(run.tags == ["a:new", "a:pr-1", "a:prod", "a:v1"])
        #expect(run.finding("a:pr-1")?.message == "'prod' was put on it meanwhile")
        #expect(run.finding("a:pr-2")?.type == "removed")
        #expect(run.registry.requests.filter { $0 == "GET a@\(Digest.example("7"))" }.count == 1)
    }

    @Test func dockersOwnFormHoldsNothingAndIsNotRead() async throws {
        let own = ExampleRegistry.Image(
            RegistryManifest(
                descriptor: RegistryDescriptor(digest: .example("2"), mediaType: MediaType.dockerManifest),
                content: .other
            )
        )
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"], [.image("1"), own]))
        #expect(run.tags == ["a:v1"])
        #expect(!run.registry.requests.contains("GET a@\(Digest.example("2"))"))
    }

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

    @Test func aSignatureStaysWhereItsImageGotATagMeanwhile() async throws {
        let signature = "a:sha256-\(Digest.example("1").hex).sig"
        let example = Self.registry(["a:pr-1": "1", "a:v1": "2", signature: "c"], nil, .tags)
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a:pr-1" { registry.tags["a:prod"] = .example("1") }
        }
        #expect(run.tags == ["a:prod", signature, "a:v1"].sorted())
        #expect(run.finding(signature)?.message == "it belongs to an image that got a tag meanwhile")
        let held = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request == "DELETE a:pr-1" else { return }
            registry.images.append(.index("9", of: ["1", "2"]))
            registry.tags["a:multi"] = .example("9")
        }
        #expect(held.finding(signature)?.message == "it belongs to an image that got a tag meanwhile")
        let whole = try await RetentionRun(Self.basic, on: example)
        #expect(whole.tags == ["a:v1"])
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
}
