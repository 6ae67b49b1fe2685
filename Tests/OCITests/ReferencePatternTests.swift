import OCI
import Testing

@Suite struct ReferencePatternTests {
    @Test(arguments: [
        ("*", "shop/api:v1", true), ("shop/*", "shop/api:v1", true), ("shop/*", "shop/team/api:v1", true),
        ("shop/*", "myshop/api:v1", false),
        ("shop/*", "registry.local:5000/shop/api:v1", false), ("shop/api", "shop/api:v1", true), ("shop/api", "shop/api2:v1", false),
        ("shop/api:v1", "shop/api:v1", true), ("shop/api:v1", "shop/api:v10", false), ("shop/api:v*", "shop/api:v10", true),
        ("*:latest", "shop/api:latest", true), ("*:latest", "registry.local:5000/a/b:latest", true),
        ("*:latest", "shop/api:latest2", false),
        ("alpine", "alpine:3", true), ("alpine", "docker.io/library/alpine:3", true), ("docker.io/shop/*", "shop/api:v1", true),
        ("docker.io/library/alpine", "alpine:3", true), ("library/alpine", "alpine:3", false),
        ("registry.local:5000/shop/*:v*", "registry.local:5000/shop/api:v1", true),
        ("registry.local:5000/shop/*:v*", "registry.local:5001/shop/api:v1", false),
        ("registry.local:5000/*", "registry.local:5000/shop/api", true), ("shop/api:v[0-9]", "shop/api:v7", true),
        ("shop/api:v[!0-9]", "shop/api:v7", false),
        ("shop/ap?", "shop/api:v1", true), ("shop/api:*", "shop/api", false),
        ("d*", "shop/api:v1", false), ("d*", "dev/api:v1", true), ("docker*", "shop/api", false), ("*/tickets", "tickets:v1", false),
        ("*/tickets", "team/tickets:v1", true), ("docker.io/*", "tickets:v1", true), ("docker.io/*", "registry.local/tickets:v1", false),
        ("*.io/*", "tickets:v1", false), ("[st]hop/*", "shop/api:v1", true), ("[!st]hop/*", "shop/api:v1", false),
        ("shop/*", "localhost/shop/api:v1", false), ("shop/api:v\\*", "shop/api:v1", false),
    ])
    func aPatternMatchesTheWholeReference(pattern: String, reference: String, isMatch: Bool) throws {
        let pattern = try #require(ReferencePattern(pattern))
        let reference = try #require(ImageReference(reference))
        #expect(pattern.matches(reference) == isMatch)
    }

    @Test(
        arguments: [
            ("tickets", "tickets", nil, true), ("tickets", "library/tickets", nil, false), ("tickets", "docker.io/tickets", nil, false),
            ("docker*", "team/app", nil, false), ("docker.io/*", "team/app", nil, false), ("docker.io/*", "docker.io/x", nil, true),
            ("*/tickets", "tickets", nil, false), ("*/tickets", "library/tickets", nil, true), ("tickets:v1", "tickets", nil, false),
            ("tickets:v*", "tickets", "v1", true), ("tickets:v*", "tickets", "w1", false), ("tickets", "tickets", "v1", true),
            ("tickets@sha256:*", "tickets", nil, false), ("sha256:abababababab", "sha256", "abababababab", false),
        ] as [(String, String, String?, Bool)]
    )
    func aRepositoryIsMatchedByTheNameThatItHas(pattern: String, repository: String, tag: String?, isMatch: Bool) throws {
        #expect(try #require(ReferencePattern(pattern)).matches(repository: repository, tag: tag) == isMatch)
    }

    @Test(arguments: [
        ("*/alpine", "alpine:3", true), ("d*", "shop/api:v1", true), ("shop/*", "shop/api:v1", true), ("shop/*:v2", "shop/api:v1", false),
        ("shop/*", "localhost/shop/api:v1", true), ("tickets", "localhost/tickets:v1", true),
        ("localhost/shop/*", "localhost/shop/api:v1", true), ("shop/*", "localhost:5000/shop/api:v1", false),
    ])
    func whatMustNotBeTouchedIsMeantByItsFullNameToo(pattern: String, reference: String, isMeant: Bool) throws {
        #expect(try #require(ReferencePattern(pattern)).mayMean(try #require(ImageReference(reference))) == isMeant)
    }

    @Test(arguments: [
        "", " ", "a b", "shop/[a", "shop/api:v[1", "a\u{7}", "shop/\\", "[\"shop/*\"]", "'shop/*'", "shop/*,team/*", "shop/{api,web}",
        "$SHOP", "^shop/.+$", "shop/(api|web)", "<none>",
    ])
    func whatIsNoPatternIsRefused(text: String) { #expect(ReferencePattern(text) == nil) }

    @Test func aPatternOfAnIDNamesTheImage() throws {
        let digest = try #require(Digest("sha256:" + String(repeating: "ab", count: 32)))
        #expect(try #require(ReferencePattern("sha256:abababababab")).matches(identifier: digest))
        #expect(!(try #require(ReferencePattern("sha256:abababababac")).matches(identifier: digest)))
        #expect(!(try #require(ReferencePattern("*")).matches(identifier: digest)))
    }

    @Test func manyStarsTakeNoExponentialTime() throws {
        let pattern = try #require(Glob(String(repeating: "a*", count: 40) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 10_000)))
    }

    @Test(arguments: [("caf?", "café", true), ("caf?", "cafe", true), ("caf[é-ê]", "café", true), ("*é", "cafe", false)])
    func aGlobTakesScalarsBeyondASCIIForOneCharacter(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == isMatch)
    }
}
