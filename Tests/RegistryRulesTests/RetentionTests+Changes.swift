import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// What others do while a run deletes.
extension RetentionTests {
    /// Time stands still, so that the first look never grows old.
    @Test func aNewTagSavesItsImageUpToTheLastMoment() async throws {
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:pr-3": "3", "a:v1": "4"])
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a@\(Digest.example("1"))" { registry.tags["a:prod"] = .example("2") }
            guard request == "HEAD a:prod" else { return }
            // Again while the first is looked at.
            registry.images.append(.index("9", of: ["3"]))
            registry.tags["a:multi"] = .example("9")
        }
        #expect(run.tags == ["a:multi", "a:pr-2", "a:pr-3", "a:prod", "a:v1"])
        #expect(run.finding("a:pr-1")?.type == "removed")
        #expect(run.finding("a:pr-2")?.message == "'prod' was put on it meanwhile")
        #expect(run.finding("a:pr-3")?.message == "an index that was pushed meanwhile holds it")
        // Each tag that was there is looked at for the plan and for the first look, the new ones once, and the one that goes once more.
        let looks = run.registry.requests.filter { $0.hasPrefix("HEAD") }
        #expect(looks.count == 11)
    }

    @Test func aTagThatWentAndCameBackIsLookedAtAgain() async throws {
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:pr-3": "3", "a:prod": "4"])
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a@\(Digest.example("1"))" { registry.tags["a:prod"] = nil }
            if request == "DELETE a@\(Digest.example("2"))" { registry.tags["a:prod"] = .example("3") }
        }
        #expect(run.tags == ["a:pr-3", "a:prod"])
        #expect(run.finding("a:pr-3")?.message == "'prod' was put on it meanwhile")
    }

    /// A tag that was there, and is put on another digest, is seen as soon as the look at all tags is too old.
    @Test func aLookAtAllTagsCountsAQuarterOfItsTimeLongerOrFiveSecondsAtMost() async throws {
        for (duration, lifetime) in [(0, 100), (10, 100), (100, 400), (1000, 4000), (2000, 5000), (20_000, 5000), (60_000, 15_000)] {
            for (pause, isSeen) in [(lifetime - 1, false), (lifetime + 1, true)] {
                let clock = TestClock()
                let counter = Counter()
                let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:prod": "3"])
                let run = try await RetentionRun(Self.basic, on: example, clock: clock) { request, registry in
                    // The first is the plan's.
                    if request == "HEAD a:prod", counter.next() == 1 { clock.advance(by: .milliseconds(duration)) }
                    if request == "DELETE a@\(Digest.example("1"))" {
                        clock.advance(by: .milliseconds(pause))
                        registry.tags["a:prod"] = .example("2")
                    }
                }
                #expect(run.tags == (isSeen ? ["a:pr-2", "a:prod"] : []), "\(duration) ms, \(pause) ms later")
            }
        }
    }

    /// A registry that is busy lets the last question wait for a minute, in which a tag moves.
    @Test func aLastQuestionThatTookLongIsFollowedByAnotherLook() async throws {
        let example = Self.registry(["a:pr-1": "1", "a:prod": "2"])
        let clock = TestClock()
        let counter = Counter()
        let run = try await RetentionRun(Self.basic, on: example, clock: clock) { request, registry in
            // The first is the plan's, the second that of the look at all tags.
            guard request == "HEAD a:pr-1", counter.next() == 2 else { return }
            clock.advance(by: .seconds(60))
            registry.tags["a:prod"] = .example("1")
        }
        #expect(run.tags == ["a:pr-1", "a:prod"])
        #expect(run.finding("a:pr-1")?.message == "'prod' was put on it meanwhile")
        let others = Counter()
        let never = try await RetentionRun(Self.basic, on: example, clock: clock) { request, _ in
            guard request == "HEAD a:pr-1" else { return }
            // After the plan's, a look's and a last one take turns; each last one takes longer than a look counts.
            let number = others.next()
            if number > 0, number.isMultiple(of: 2) { clock.advance(by: .seconds(60)) }
        }
        #expect(never.tags == ["a:pr-1", "a:prod"])
        #expect(never.finding("a:pr-1")?.message == "the registry answers too slowly for a last look before its deletion")
        #expect(never.registry.requests.filter { $0.hasPrefix("DELETE a@") } == [])
    }

    /// Each list takes longer than a look counts.
    @Test func aSlowListIsNoReasonToLookForEver() async throws {
        let clock = TestClock()
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:v1": "3"]), clock: clock) {
            request,
            _ in
            if request == "GET a/tags" { clock.advance(by: .seconds(60)) }
        }
        #expect(run.tags == ["a:v1"])
        #expect(run.registry.requests.filter { $0 == "GET a/tags" }.count == 5)
    }

    /// After the last tag the registry knows the repository no more, and what belonged to the image has no tag.
    @Test func whatBelongsToTheLastImageOfARepositoryGoesWithIt() async throws {
        let example = Self.registry(["a:pr-1": "1"], [.image("1"), .image("2", subject: .example("1"))])
        let run = try await RetentionRun(Self.basic, on: example)
        #expect(run.error == nil)
        #expect(run.registry.state.images == [])
        #expect(run.finding("a:pr-1")?.details == ["\(Digest.example("2")), which belonged to it, went with it"])
    }

    @Test(arguments: [RegistryDeletionSupport.tags, .manifests])
    func whatSomebodyElseDeletedIsNotCounted(deletion: RegistryDeletionSupport) async throws {
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:pr-3": "1", "a:v1": "4"], nil, deletion)
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            if request == "DELETE a?" { registry.tags["a:pr-1"] = nil }
            guard request == (deletion == .tags ? "DELETE a:pr-2" : "DELETE a@\(Digest.example("2"))") else { return }
            registry.tags["a:pr-2"] = nil
            registry.images.removeAll { $0.manifest.digest == .example("2") }
        }
        #expect(run.tags == ["a:v1"])
        for tag in ["a:pr-1", "a:pr-2"] {
            #expect(
                run.finding(tag)
                    == .skipped(
                        subject: "registry.local:5000/\(tag)",
                        type: "gone",
                        message: "somebody else deleted it meanwhile",
                        details: ["it was to go: 'delete' names it by '*:pr-*'"]
                    )
            )
        }
        #expect(run.finding("a:pr-3")?.type == "removed")
        #expect(run.findings.findings.last?.message == "1 tag went, 1 stays")
    }

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

    /// The tag that went is there again, and names what is to go next, or what holds that.
    @Test func aTagThatWentAndIsPushedAgainIsNew() async throws {
        let example = Self.registry(["a:pr-1": "1", "a:pr-2": "2", "a:v1": "4"])
        let run = try await RetentionRun(Self.basic, on: example) { request, registry in
            guard request == "GET a/tags", !registry.images.contains(where: { $0.manifest.digest == .example("1") }) else { return }
            registry.tags["a:pr-1"] = .example("2")
        }
        #expect(run.finding("a:pr-1")?.type == "removed")
        #expect(run.tags == ["a:pr-1", "a:pr-2", "a:v1"])
        #expect(run.finding("a:pr-2")?.message == "'pr-1' was put on it meanwhile")
        let images: [ExampleRegistry.Image] = [.image("1"), .image("4"), .index("9", of: ["1"])]
        let again = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:pr-9": "9", "a:v1": "4"], images)) {
            request,
            registry in
            guard request == "GET a/tags", !registry.images.contains(where: { $0.manifest.digest == .example("9") }) else { return }
            registry.images.append(.index("9", of: ["1"]))
            registry.tags["a:pr-9"] = .example("9")
        }
        #expect(again.finding("a:pr-9")?.type == "removed")
        #expect(again.tags == ["a:pr-1", "a:pr-9", "a:v1"])
        #expect(again.finding("a:pr-1")?.message == "an index that was pushed meanwhile holds it")
    }

    @Test func whatBelongsToAnImageThatIsPushedAgainStays() async throws {
        let images: [ExampleRegistry.Image] = [.image("1"), .image("2", subject: .example("1")), .image("3"), .image("4")]
        let run = try await RetentionRun(Self.basic, on: Self.registry(["a:pr-1": "1", "a:pr-3": "3", "a:v1": "4"], images)) {
            request,
            registry in
            guard request == "DELETE a@\(Digest.example("3"))" else { return }
            registry.images.append(.image("1"))
            registry.tags["a:prod"] = .example("1")
        }
        #expect(run.tags == ["a:prod", "a:v1"])
        #expect(Set(run.registry.state.images.map(\.manifest.digest)) == Set("124".map { .example($0) }))
        #expect(
            run.finding("a:pr-1")?.details == [
                "\(Digest.example("2")), which belonged to it, stays: 'prod' was put on what it belongs to meanwhile"
            ]
        )
    }
}
