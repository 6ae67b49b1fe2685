import HookKit
import Testing

@testable import RegistryRules

/// Versions, and the names of images in files.
@Suite struct WordingTests {
    @Test func versionsAreOrderedByPrecedence() {
        let ordered = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0-rc9", "1.0.0-rc10", "1.0.0", "v1.0.1",
            "1.2.9", "1.2.10", "1.10.0",
            "2.0.0",
        ]
        let versions = ordered.compactMap { SemanticVersion($0) }
        #expect(versions.count == ordered.count)
        #expect(versions.shuffled().sorted() == versions)
    }

    @Test(arguments: ["latest", "1", "1.2", "1.2.3.4", "v1.2.x", "1.2.99999999999999999999", "", "main-1.2.3", "1.-2.3"])
    func otherTagsAreNoVersions(_ tag: String) { #expect(SemanticVersion(tag) == nil) }

    @Test(arguments: [
        ("1.2.3", false, ""), ("1.2.3-rc.1", true, ""), ("1.2.3-rc1", true, ""), ("1.2.3-alpine", false, "alpine"),
        ("1.2.3-rc.1-alpine3.20", true, "alpine3.20"), ("1.2.3-alpine-rc.1", false, "alpine-rc.1"), ("1.2.3-20260101", true, ""),
    ]) func aSuffixIsAStageOrAVariant(_ tag: String, _ isPrerelease: Bool, _ variant: String) throws {
        let version = try #require(SemanticVersion(tag))
        #expect(version.isPrerelease == isPrerelease)
        #expect(version.variant == variant)
    }

    private static let registry = "registry.local:5000"

    @Test(arguments: [
        ("registry.local:5000/shop/api:v1", true), ("other.registry/shop/api:v1", true), ("localhost/shop/api:v1", true),
        ("shop/api:v1", true),
        ("shop/api", false), ("shop/api:v2", false), ("shop/api2:v1", false), ("my/shop/api:v1", false), ("api:v1", false),
        ("shop/api:${TAG}", true), ("shop/api:v${MAJOR}", true), ("shop/api:x${MAJOR}", false), ("shop/api:${TAG:-v9}", true),
        ("shop/api:${A:-${B}}", true), ("${REGISTRY}/shop/api:v1", true), ("${REGISTRY}shop/api:v1", true), ("$IMAGE", true),
        ("shop/api${SUFFIX}", true), ("shop/web${SUFFIX}", false), ("{{ .Values.image }}:{{ .Values.tag }}", true),
        ("{{ .Values.registry }}/shop/api:{{ .Values.tag | default \"v:1\" }}", true), ("shop/$(NAME):v1", true),
        ("<registry>/shop/api:v1", true),
        ("shop/[a]pi:v1", false), ("  shop/api:v1 ", true), ("shop/api:v1@sha256:\(String(repeating: "f", count: 64))", true),
        ("any/other@sha256:\(String(repeating: "1", count: 64))", true), ("any/other@sha256:\(String(repeating: "2", count: 64))", false),
        // What stands for a digest may be that of any tag.
        ("shop/api@${D}", true), ("shop/api:v1@${D}", true), ("shop/api:v9@${D}", true), ("{{repo}}@{{digest}}", true),
        ("shop/api@sha256:${D}", true), ("other.registry/shop/api@$D", true), ("${REPO:-a@b}@$D", true), ("other/x@${D}", false),
        ("other/x:v1@sha256:${D}", false),
    ]) func aMentionMeansWhatItMayMean(_ text: String, _ expected: Bool) throws {
        let mention = try #require(ImageMention(text, at: "file:1"))
        #expect(mention.mayMean("shop/api", tag: "v1", in: Self.registry, digests: [.example("1")]) == expected)
    }

    @Test func aNameWithoutATagMeansLatest() throws {
        let mention = try #require(ImageMention("alpine", at: "file:1"))
        #expect(mention.mayMean("library/alpine", tag: "latest", in: Self.registry, digests: []))
        #expect(mention.mayMean("alpine", tag: "latest", in: Self.registry, digests: []))
        #expect(!mention.mayMean("alpine", tag: "3", in: Self.registry, digests: []))
        #expect(ImageMention("  ", at: "file:1") == nil)
    }

    @Test(arguments: [
        ("1", 64, ".sig", true), ("1", 64, ".att", true), ("1", 64, ".sbom", true), ("1", 64, "", false), ("1", 63, ".sig", false),
        ("1", 65, ".sig", false), ("1", 64, ".v1", false), ("1", 64, ".backup", false), ("1", 64, ".sig.sig", false),
        ("A", 64, ".sig", false),
    ]) func tagsOfSignaturesNameTheirSubject(_ digit: Character, _ count: Int, _ ending: String, _ expected: Bool) {
        let tag = "sha256-\(String(repeating: digit, count: count))\(ending)"
        #expect(RepositoryPlanner.subject(ofTag: tag) == (expected ? .example("1") : nil))
        #expect(RepositoryPlanner.possibleSubject(ofTag: tag) == (count == 64 && ending.isEmpty ? .example("1") : nil))
    }

    @Test func agesAreSaidWithTheirSource() {
        let now = ExampleWorld.now
        let day = Duration.seconds(86_400)
        #expect(ImageAge(created: [now - day * 3, now - day * 5], pushed: nil, now: now).text(now: now) == "created 3 days ago")
        #expect(ImageAge(created: [now - day * 3], pushed: now - day * 2, now: now).text(now: now) == "pushed 2 days ago by the ledger")
        // Whoever pushed before it was made pushed something else.
        #expect(ImageAge(created: [now - day * 3], pushed: now - day * 4, now: now).text(now: now) == "created 3 days ago")
        #expect(
            ImageAge(created: [Timestamp(seconds: 0)], pushed: nil, now: now)
                == .unknown(
                    "its age is not known: it says that it was made at 1970-01-01T00:00:00Z, which is not credible, and the ledger does not know it"
                )
        )
        #expect(ImageAge(created: [now - day * -30], pushed: nil, now: now).time == nil)
        // One of several that says nothing credible may be the youngest.
        for odd in [nil, Timestamp(seconds: 0), now - day * -30] {
            #expect(ImageAge(created: [now - day * 9, odd], pushed: nil, now: now).time == nil)
            #expect(ImageAge(created: [now - day * 9, odd], pushed: now - day * 3, now: now) == .pushed(now - day * 3))
            #expect(ImageAge(created: [now - day * 3, odd], pushed: now - day * 9, now: now).time == nil)
        }
        #expect(ImageAge(created: [Timestamp(seconds: 0)], pushed: now - day, now: now) == .pushed(now - day))
        #expect(
            ImageAge(created: [nil], pushed: nil, now: now)
                == .unknown("its age is not known: it does not say when it was made, and the ledger does not know it")
        )
    }
}
