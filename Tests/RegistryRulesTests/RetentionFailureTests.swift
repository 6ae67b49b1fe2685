import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What `registry-retention` leaves when deletions are cut off, fail, or are made by somebody else.
@Suite struct RetentionFailureTests: RetentionSuite {
    /// The index, which comes first, cannot be deleted; so what it holds, and what belongs to that, stays.
    @Test func whatHangsOnSomethingThatStaysAfterAllStays() async throws {
        let signature = "a:sha256-\(Digest.example("1").hex).sig"
        let example = Self.registry(
            ["a:pr-1": "1", "a:pr-9": "9", "a:pr-2": "2", "a:pr-3": "3", signature: "c"],
            [.image("1"), .image("2"), .image("3"), .image("c"), .index("9", of: ["1", "2"])]
        )
        let failing = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request == "DELETE a@\(Digest.example("9"))" { throw RegistryError(.timeout, "it took too long") }
        }
        #expect(failing.tags == ["a:pr-1", "a:pr-2", "a:pr-9", signature])
        #expect(failing.finding("a:pr-9")?.message == "it took too long")
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

    @Test func aTagThatIsDeletedByAnotherIsNoFailure() async throws {
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:v1": "2"], nil, .tags)) { request, registry in
            if request == "DELETE a:pr-1" { registry.tags["a:pr-1"] = nil }
        }
        #expect(run.finding("a:pr-1")?.type == "removed")
        #expect(run.finding("a:pr-1")?.details.last == "somebody else deleted it meanwhile")
    }

    @Test func aDeletionThatFailsIsReportedAndTheRestGoesOn() async throws {
        let tags: [String: Character] = ["a:pr-1": "1", "a:pr-2": "2", "b:pr-3": "3"]
        let run = try await RetentionRun(Self.basic, on: Self.registry(tags)) { request, _ in
            if request == "DELETE a@\(Digest.example("1"))" { throw RegistryError(.badAnswer, "the disk is full") }
        }
        #expect(run.tags == ["a:pr-1"])
        #expect(
            run.finding("a:pr-1")
                == .error(
                    subject: "registry.local:5000/a:pr-1",
                    type: "not-removed",
                    message: "the disk is full",
                    details: ["it was to go: 'delete' names it by '*:pr-*'"]
                )
        )
    }
}
