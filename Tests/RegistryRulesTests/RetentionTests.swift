import HookKit
import HookTesting
import Synchronization
import Testing

@testable import RegistryRules

/// What `registry-retention` deletes and keeps, and with how many questions.
@Suite struct RetentionTests: RetentionSuite {
    @Test func theReasonOfEachTagIsSaid() async throws {
        let example = Self.registry(
            ["a:pr-1": "1", "a:pr-2": "2", "a:pr-3": "3", "a:main": "4", "a:v1": "5"],
            [
                .image("1", daysOld: 30), .image("2", daysOld: 2), .image("3", created: Timestamp(seconds: 0)), .image("4", daysOld: 99),
                .image("5", daysOld: 99),
            ]
        )
        let settings: ConfigValue = [
            "registry": "http://registry.local:5000", "images": ["a"], "delete": ["*:pr-*", "*:v*"], "keep": ["*:v1"], "older-than": "7d",
        ]
        let run = try await RetentionRun(settings, on: example, isDryRun: true)
        #expect(run.error == nil)
        #expect(
            run.verdicts == [
                "kept a:main: 'delete' does not name it",
                "kept a:pr-2: created 2 days ago, which is not older than 1w",
                "kept a:pr-3: its age is not known: it says that it was made at 1970-01-01T00:00:00Z, which is not credible, "
                    + "and the ledger does not know it",
                "kept a:v1: 'keep' names it by '*:v1'",
                "would-remove a:pr-1: 'delete' names it by '*:pr-*'; created 30 days ago, which is older than 1w",
            ]
        )
        #expect(run.findings.findings.last?.message == "1 tag would go, 4 stay")
        let real = try await RetentionRun(settings, on: example)
        #expect(real.tags == ["a:main", "a:pr-2", "a:pr-3", "a:v1"])
        #expect(real.findings.findings.last?.message == "1 tag went, 4 stay")
    }

    @Test func aDryRunListsWhatARunDeletes() async throws {
        for deletion in [RegistryDeletionSupport.tags, .manifests] {
            for seed in 0..<60 {
                var random = SplitMix(seed: UInt64(seed))
                let example = Self.random(&random, deletion)
                let settings: ConfigValue = [
                    "registry": "registry.local:5000", "keep-last": .init(.integer(Int.random(in: 1...3, using: &random))),
                    "keep": ["*:keep*"],
                ]
                let dry = try await RetentionRun(settings, on: example, isDryRun: true)
                #expect(dry.error == nil)
                #expect(dry.registry.state == example)
                let real = try await RetentionRun(settings, on: example)
                #expect(real.error == nil)
                let planned = Set(dry.findings.findings.filter { $0.type == "would-remove" }.map(\.subject))
                let removed = Set(real.findings.findings.filter { $0.type == "removed" }.map(\.subject))
                let gone = Set(example.tags.keys).subtracting(real.registry.state.tags.keys).map { "\(RetentionRun.host)/\($0)" }
                #expect(planned == removed, "seed \(seed)")
                #expect(removed == Set(gone), "seed \(seed)")
                Self.expectWhole(real.registry.state, example, "seed \(seed), \(deletion)")
            }
        }
    }

    @Test func whatIsNotPermittedStaysWithAllThatItNeeds() async throws {
        for deletion in [RegistryDeletionSupport.tags, .manifests] {
            for seed in 0..<120 {
                var random = SplitMix(seed: UInt64(seed))
                let note: Comment = "seed \(seed), \(deletion)"
                let example = Self.random(&random, deletion)
                let settings: ConfigValue = [
                    "registry": "registry.local:5000", "keep-last": .init(.integer(Int.random(in: 1...3, using: &random))),
                    "keep": ["*:keep*"],
                ]
                let asked = Mutex<[PlannedChange]>([])
                let dry = try await RetentionRun(
                    settings,
                    on: example,
                    isDryRun: true,
                    permission: { changes in
                        asked.withLock { $0 += changes }
                        return changes.map { _ in true }
                    }
                )
                let changes = asked.withLock { $0 }
                let permitted = Set(changes.filter { _ in Bool.random(using: &random) })
                let real = try await RetentionRun(settings, on: example, permission: { $0.map { permitted.contains($0) } })
                #expect(real.error == nil, note)
                let planned = dry.findings.findings.filter { $0.type == "would-remove" }.map(\.subject).sorted()
                let removed = real.findings.findings.filter { $0.type == "removed" }.map(\.subject)
                let left = real.findings.findings.filter { $0.type == "not-in-plan" }.map(\.subject)
                #expect((removed + left).sorted() == planned, note)
                let gone = Set(example.tags.keys).subtracting(real.registry.state.tags.keys).map { "\(RetentionRun.host)/\($0)" }
                #expect(Set(gone) == Set(removed), note)
                let tags = permitted.flatMap { change in
                    change.action == .deleteTag
                        ? [change.target] : (change.state["tags"] ?? []).map { "\(RetentionRun.host)/a:\($0)" }
                }
                #expect(Set(gone).isSubset(of: tags), note)
                Self.expectWhole(real.registry.state, example, note)
            }
        }
    }

    @Test func eachManifestIsAskedForOnce() async throws {
        var tags: [String: Character] = [:]
        for repository in ["a", "b", "c/d"] {
            for digit in "123456" {
                tags["\(repository):v\(digit)"] = digit
                tags["\(repository):w\(digit)"] = digit
            }
        }
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "keep-last": 2, "jobs": 3],
            on: Self.registry(tags),
            isDryRun: true
        )
        #expect(run.error == nil)
        let requests = run.registry.requests
        #expect(requests.filter { $0.hasPrefix("HEAD") }.count == 36)
        #expect(requests.filter { $0.hasPrefix("GET") && $0.contains("@") }.count == 6)
        #expect(requests.filter { $0.contains("/blobs/") }.count == 6)
        // Beside these 48 only the catalog and a list for each repository: all images are of one age, so that all stay.
        #expect(requests.count == 52)
    }

    @Test func namesAloneNeedNoLook() async throws {
        let run = try await RetentionRun(
            ["registry": "registry.local:5000", "images": ["a", "b"], "delete": ["*:pr-*"]],
            on: Self.registry(["a:v1": "1", "a:v2": "2", "b:pr-1": "3"]),
            isDryRun: true
        )
        #expect(run.verdicts.count == 3)
        #expect(
            run.registry.requests.sorted() == [
                "DELETE b?", "GET a/tags", "GET b/referrers/\(Digest.example("3"))", "GET b/tags", "GET b@\(Digest.example("3"))",
                "HEAD b:pr-1",
            ]
        )
    }
}
