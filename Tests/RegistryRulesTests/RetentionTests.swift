import HookKit
import HookTesting
import Synchronization
import Testing

@testable import RegistryRules

/// What `registry-retention` deletes and keeps, and what it does when the registry changes under it.
@Suite struct RetentionTests {
    static let basic: ConfigValue = ["registry": "registry.local:5000", "delete": ["*:pr-*"]]

    static func registry(
        _ tags: [String: Character],
        _ images: [ExampleRegistry.Image]? = nil,
        _ deletion: RegistryDeletionSupport = .manifests
    ) -> ExampleRegistry {
        let made = images ?? Set(tags.values).sorted().map { .image($0, daysOld: 9) }
        return ExampleRegistry(tags: tags.mapValues { .example($0) }, images: made, deletion: deletion)
    }

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

    /// Every tag that is left leads to all that it held.
    private static func expectWhole(_ left: ExampleRegistry, _ before: ExampleRegistry, _ note: Comment) {
        let there = Set(left.images.map(\.manifest.digest))
        for (tag, digest) in left.tags {
            #expect(before.tags[tag] == digest, note)
            var open = [digest]
            while let next = open.popLast() {
                #expect(there.contains(next), note)
                open += left.images.first { $0.manifest.digest == next }?.manifest.children.map(\.digest) ?? []
            }
            #expect(!tag.contains(":keep") || before.tags[tag] != nil, note)
        }
        for tag in before.tags.keys where tag.contains(":keep") { #expect(left.tags[tag] != nil, note) }
        // A signature lives exactly as long as what it signs has a tag, or is held by something that has one.
        let live = left.tags.filter { !$0.key.hasSuffix(".sig") }.values
        let reached = live.reduce(into: Set<Digest>()) { all, digest in
            all.insert(digest)
            all.formUnion(before.images.first { $0.manifest.digest == digest }?.manifest.children.map(\.digest) ?? [])
        }
        for (tag, _) in before.tags where tag.hasSuffix(".sig") {
            guard let subject = RepositoryPlanner.subject(ofTag: String(tag.split(separator: ":")[1])) else { continue }
            if reached.contains(subject) { #expect(left.tags[tag] != nil, note) }
        }
    }

    private static func random(_ random: inout SplitMix, _ deletion: RegistryDeletionSupport) -> ExampleRegistry {
        let digits = Array("12345678")
        var images = digits.map { ExampleRegistry.Image.image($0, daysOld: Int64.random(in: 1...40, using: &random)) }
        images.append(.index("9", of: (0..<2).map { _ in digits.randomElement(using: &random) ?? "1" }))
        images.append(.index("a", of: (0..<3).map { _ in digits.randomElement(using: &random) ?? "1" }))
        var tags: [String: Digest] = [:]
        for number in 0..<Int.random(in: 1...12, using: &random) {
            let name = ["v\(number)", "keep\(number)", "pr-\(number)"].randomElement(using: &random) ?? ""
            tags["a:\(name)"] = images.randomElement(using: &random)?.manifest.digest
        }
        for digit in "bcd" {
            let subject = images.randomElement(using: &random)?.manifest.digest ?? .example("1")
            images.append(.image(digit, daysOld: 1, subject: subject))
            if Bool.random(using: &random) { tags["a:sha256-\(subject.hex).sig"] = .example(digit) }
        }
        return ExampleRegistry(tags: tags, images: images, deletion: deletion)
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

    // MARK: What changes meanwhile

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

    // MARK: What is broken

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

    @Test func anIndexIsAsYoungAsTheOneThatSaysNothingOfItsAge() async throws {
        let example = Self.registry(
            ["a:multi": "9", "a:old": "8"],
            [
                .image("1", daysOld: 9), .image("2", created: Timestamp(seconds: 0)), .image("3", daysOld: 8), .index("9", of: ["1", "2"]),
                .index("8", of: ["1", "3"]),
            ]
        )
        let run = try await RetentionRun(["registry": "registry.local:5000", "older-than": "1d"], on: example, isDryRun: true)
        #expect(
            run.verdicts == [
                "kept a:multi: its age is not known: it says that it was made at 1970-01-01T00:00:00Z, which is not credible, "
                    + "and the ledger does not know it",
                "would-remove a:old: created 8 days ago, which is older than 1d",
            ]
        )
    }

    @Test func theLedgersWordMakesAnImageYounger() async throws {
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
            ["registry": "registry.local:5000", "older-than": "1d"],
            on: Self.registry(["a:pr-1": "1", "a:pr-2": "2"]),
            world: ExampleWorld(ledger: [generation])
        )
        #expect(run.tags == ["a:pr-1"])
        #expect(run.finding("a:pr-1")?.message == "pushed 1 hour ago by the ledger, which is not older than 1d")
    }

    @Test func whatBelongsToAnImageWithoutATagGoesWithItsDigest() async throws {
        let images: [ExampleRegistry.Image] = [.image("1", daysOld: 9), .image("2", subject: .example("1")), .image("3")]
        let example = Self.registry(["a:pr-1": "1", "a:v1": "3"], images)
        let dry = try await RetentionRun(Self.basic, on: example, isDryRun: true)
        #expect(dry.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belongs to it, goes with it"])
        let run = try await RetentionRun(Self.basic, on: example)
        #expect(run.registry.state.images.map(\.manifest.digest) == [.example("3")])
        #expect(run.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
        let tagged = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a?" { registry.tags["a:sbom"] = .example("2") }
        }
        #expect(tagged.tags == ["a:sbom", "a:v1"])
        #expect(
            tagged.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, stays: 'sbom' was put on it meanwhile"]
        )
        let failing = try await RetentionRun(Self.basic, on: example) { request, _ in
            if request == "DELETE a@\(Digest.example("2"))" { throw RegistryError(.badAnswer, "the disk is full") }
        }
        #expect(failing.finding("a:pr-1")?.details == [])
        #expect(failing.findings.findings.filter { $0.type == "left-behind" }.map(\.message) == ["the disk is full"])
    }

    @Test func whatBelongsToAnImageAndIsUsedStays() async throws {
        let images: [ExampleRegistry.Image] = [
            .image("1", daysOld: 9), .image("2", subject: .example("1")), .image("3"), .image("4", subject: .example("1")), .image("5"),
            .image("6", subject: .example("1")), .index("9", of: ["4", "3"]), .index("8", of: ["5", "6"]),
        ]
        // The tag that stands for an API for referrers names one that belongs to nothing.
        let example = Self.registry(["a:pr-1": "1", "a:v1": "9", "a:sha256-\(Digest.example("1").hex)": "8"], images)
        let container = EngineContainer(
            id: "4711",
            names: ["web"],
            image: .exampleConfiguration("6"),
            imageName: "web:v1",
            state: "running",
            created: ExampleWorld.now
        )
        let running = try await RetentionRun(
            ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-running": ["default"]],
            on: example,
            world: ExampleWorld(containers: [container])
        )
        #expect(running.finding("a:pr-1")?.type == "removed")
        let left = Set(running.registry.state.images.map(\.manifest.digest))
        #expect(left == Set("345689".map { .example($0) }))
        #expect(running.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
        // What a file names by its digest needs what it belongs to.
        let named = try await RetentionRun(
            ["registry": "registry.local:5000", "delete": ["*:pr-*"], "protect-used-in": ["a.yml"]],
            on: example,
            world: ExampleWorld(deploymentFiles: ["a.yml": [DeployedImage("any/thing@\(Digest.example("2"))", line: 1)]])
        )
        #expect(named.registry.state == example)
        #expect(named.finding("a:pr-1")?.message == "'a.yml:1' uses 222222222222, which needs it")
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
