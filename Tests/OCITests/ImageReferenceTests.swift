import OCI
import Testing

@Suite struct ImageReferenceTests {
    @Test(
        arguments: [
            ("alpine", "docker.io/library/alpine", nil, "alpine"),
            ("alpine:3.18", "docker.io/library/alpine", "3.18", "alpine:3.18"),
            ("shop/api:v1", "docker.io/shop/api", "v1", "shop/api:v1"),
            ("docker.io/library/alpine:3", "docker.io/library/alpine", "3", "alpine:3"),
            ("index.docker.io/shop/api", "docker.io/shop/api", nil, "shop/api"),
            ("localhost/shop/api:v1", "localhost/shop/api", "v1", "localhost/shop/api:v1"),
            ("registry.local:5000/shop/api", "registry.local:5000/shop/api", nil, "registry.local:5000/shop/api"),
            (
                "registry.local:5000/a/b/c_d__e-f.g:V_1.2-x", "registry.local:5000/a/b/c_d__e-f.g", "V_1.2-x",
                "registry.local:5000/a/b/c_d__e-f.g:V_1.2-x"
            ),
            ("[::1]:5000/shop/api:v1", "[::1]:5000/shop/api", "v1", "[::1]:5000/shop/api:v1"),
        ] as [(String, String, String?, String)]
    )
    func aReferenceIsReadAsTheDockerCommandLineReadsIt(text: String, name: String, tag: String?, printed: String) throws {
        let reference = try #require(ImageReference(text))
        #expect(reference.name == name)
        #expect(reference.tag == tag)
        #expect(reference.description == printed)
        #expect(ImageReference(reference.description) == reference)
    }

    @Test(arguments: [
        "", ":v1", "Shop", "shop/Api", "shop//api", "/shop", "shop/", "shop api", "shop/api:", "shop/api:-v1", "shop/api:v 1",
        "-shop/api", "shop-/api",
        "shop___a/b", "shop..a/b", "shop/api@sha256:12", "shop/api:v1\u{1b}[31m", "<none>:<none>", "<none>@<none>",
        "registry.local:port/shop/api", "a/../b",
        String(repeating: "a", count: 256), "shop/api:" + String(repeating: "v", count: 129), "shöp/api",
    ])
    func whatTheGrammarForbidsIsNoReference(text: String) { #expect(ImageReference(text) == nil) }

    @Test func aDigestIsKept() throws {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let reference = try #require(ImageReference("shop/api:v1@\(digest)"))
        #expect(reference.digest?.description == digest)
        #expect(reference.tag == "v1")
        #expect(reference.description == "shop/api:v1@\(digest)")
    }

    @Test func referencesAreOrderedByWhatIsPrinted() throws {
        let digest = "@sha256:" + String(repeating: "ab", count: 32)
        let names = ["a", "a1", "a-b", "ab", "a/b", "a/b1", "r.io/a", "r.io/a1", "localhost/x"]
        let texts = names.flatMap { name in ["", ":v1", ":v10", ":v-1", ":v1" + digest, digest].map { name + $0 } }
        let references = try texts.shuffled().map { try #require(ImageReference($0)) }
        #expect(references.sorted().map(\.description) == texts.sorted())
        #expect(Set(references).count == texts.count)
    }

    @Test func officialImagesOfDockersRegistryHaveAShortName() throws {
        #expect(try #require(ImageReference("docker.io/library/alpine")).familiarName == "alpine")
        #expect(try #require(ImageReference("docker.io/library/team/alpine")).familiarName == "library/team/alpine")
        #expect(try #require(ImageReference("r.io/library/alpine")).familiarName == "r.io/library/alpine")
    }

    @Test(arguments: [
        ("alpine:3", "alpine:3-1a2b"), ("alpine", "alpine:latest-1a2b"), ("r.local:5000/shop/api:v1", "r.local:5000/shop/api:v1-1a2b"),
        ("a:" + String(repeating: "v", count: 128), "a:" + String(repeating: "v", count: 123) + "-1a2b"),
    ]) func aMarkedTagIsATag(text: String, marked: String) throws {
        let found = try #require(ImageReference(text)).description(marked: "-1a2b")
        #expect(found == marked)
        #expect(ImageReference(found)?.tag != nil)
    }
}
