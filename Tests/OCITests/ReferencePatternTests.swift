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
        ("docker.io/library/alpine", "alpine:3", true), ("docker.io/alpine", "alpine:3", true), ("docker.io/api", "shop/api:v1", false),
        ("library/alpine", "alpine:3", true), ("library/alpine:3", "alpine:3", true), ("library/alpine:4", "alpine:3", false),
        ("library/*", "alpine:3", true), ("library/*", "shop/api:v1", false), ("library/*", "registry.local/alpine:3", false),
        ("library/*", "registry.local/library/alpine:3", false), ("library/alpine", "localhost/alpine:3", false),
        ("library/a/b", "library/a/b:v1", true), ("l*/alpine", "alpine:3", false), ("[l]ibrary/*", "alpine:3", false),
        ("index.docker.io/library/alpine", "alpine:3", true), ("index.docker.io/alpine", "alpine:3", true),
        ("index.docker.io/shop/*", "shop/api:v1", true), ("index.docker.io/*", "alpine:3", true),
        ("index.docker.io/*", "registry.local/alpine:3", false), ("index.docker.io/api", "shop/api:v1", false),
        ("index.docker.io/shop/api:v1", "docker.io/shop/api:v1", true), ("index*", "shop/api:v1", false),
        ("registry.local:5000/shop/*:v*", "registry.local:5000/shop/api:v1", true),
        ("registry.local:5000/shop/*:v*", "registry.local:5001/shop/api:v1", false),
        ("registry.local:5000/*", "registry.local:5000/shop/api", true), ("shop/api:v[0-9]", "shop/api:v7", true),
        ("shop/api:v[!0-9]", "shop/api:v7", false),
        ("shop/ap?", "shop/api:v1", true), ("shop/api:*", "shop/api", false),
        ("d*", "shop/api:v1", false), ("d*", "dev/api:v1", true), ("docker*", "shop/api", false), ("*/tickets", "tickets:v1", false),
        ("*/tickets", "team/tickets:v1", true), ("docker.io/*", "tickets:v1", true), ("docker.io/*", "registry.local/tickets:v1", false),
        ("*.io/*", "tickets:v1", false), ("[st]hop/*", "shop/api:v1", true), ("[!st]hop/*", "shop/api:v1", false),
        ("shop/*", "localhost/shop/api:v1", false), ("shop/api:v\\1", "shop/api:v1", true), ("shop/api:v\\2", "shop/api:v1", false),
        ("SHOP/*", "SHOP/api:v1", true), ("[A-Z]HOP/*", "SHOP/api:v1", true), ("*:V[0-9]", "shop/api:V1", true),
        ("\\[::1\\]:5000/*", "[::1]:5000/shop/api:v1", true), ("5168ba5daa76", "5168ba5daa76:v1", true),
        ("3396d54e67bd*", "3396d54e67bde/api:v1", true), ("shop/api@*", "shop/api@sha256:" + String(repeating: "ab", count: 32), true),
    ])
    func aPatternMatchesTheWholeReference(pattern: String, reference: String, isMatch: Bool) throws {
        let pattern = try #require(ReferencePattern(pattern))
        let reference = try #require(ImageReference(reference))
        #expect(pattern.matches(reference) == isMatch)
    }

    @Test(
        arguments: [
            ("tickets", "tickets", nil, true), ("tickets", "library/tickets", nil, false), ("library/tickets", "tickets", nil, false),
            ("library/*", "tickets", nil, false), ("index.docker.io/*", "team/app", nil, false),
            ("tickets", "docker.io/tickets", nil, false),
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
        ("library/*", "solo:latest", true), ("library/solo", "solo:latest", true), ("library/solo:latest", "solo:latest", true),
        ("library/solo:v1", "solo:latest", false), ("lib*/solo", "solo:latest", true), ("library/*", "shop/api:v1", false),
        ("library/solo", "registry.local/solo:latest", false), ("index.docker.io/library/solo", "solo:latest", true),
        ("index.docker.io/solo", "solo:latest", true), ("index.docker.io/*", "solo:latest", true),
        ("index.docker.io/shop/*", "shop/api:v1", true), ("index.docker.io/*", "registry.local/solo:latest", false),
        ("index*", "shop/api:v1", false), ("i*", "shop/api:v1", false),
    ])
    func whatMustNotBeTouchedIsMeantByItsFullNameToo(pattern: String, reference: String, isMeant: Bool) throws {
        #expect(try #require(ReferencePattern(pattern)).mayMean(try #require(ImageReference(reference))) == isMeant)
    }

    private static let regularExpression =
        "a pattern is no regular expression; '*' stands for any characters, '?' for one, and it matches the whole reference"
    private static let negation = "a pattern has no negation; what must stay, or may move, is named in 'protect', 'keep' or 'allow'"
    private static let notation = "a '[' needs its ']', a range such as [a-c] runs upwards, and a '\\' stands before a character"
    private static let identifier = "'sha256:' and 12 to 64 hexadecimal digits name an image by its ID"
    private static let digest = "a digest is 'sha256:' and 64 hexadecimal digits; '*' stands for those that are left out"

    @Test(arguments: [
        ("", "it is empty"), (" ", "a reference holds no white space"), ("a b", "a reference holds no white space"),
        ("a\u{7}", "a reference holds no control characters"), ("shop/[a", notation), ("shop/api:v[1", notation), ("shop/\\", notation),
        ("shop/api:v[9-1]", notation), ("[\"shop/*\"]", "a reference holds no '\"'; each pattern is an entry of its own"),
        ("'shop/*'", "a reference holds no '''; each pattern is an entry of its own"),
        ("shop/*,team/*", "a reference holds no ','; each pattern is an entry of its own"),
        ("shop/{api,web}", "a reference holds no '{'; each pattern is an entry of its own"),
        ("$SHOP", regularExpression), ("^shop/.+$", regularExpression), ("shop/(api|web)", regularExpression),
        ("<none>", "a reference holds no '<'"), ("^shop/.*", regularExpression), ("/^shop/", regularExpression),
        ("shop/.*", regularExpression),
        ("shop/api:.*", regularExpression), ("!shop/api", negation), ("shop/!api", negation),
        ("Shop", "a repository's name has no capitals; write 'shop'"),
        ("shop/API:v1", "a repository's name has no capitals; write 'shop/api:v1'"),
        ("*/[A-Z]pi", "a repository's name has no capitals; write '*/[a-z]pi'"),
        ("shop/", "a name does not end with '/'; what lies below is 'shop/*'"),
        ("*/:v1", "a name does not end with '/'; what lies below is '*/*:v1'"),
        ("/shop/*", "a reference does not begin with '/'; write 'shop/*'"), ("shop//api", "a name does not have two '/' in a row"),
        ("http://docker.io/shop/api", "a reference has no 'http://' in front; write 'docker.io/shop/api'"),
        ("https://registry.local:5000", "a reference has no 'https://' in front"),
        ("shop/keep:", "the tag after ':' is empty; 'shop/keep' names every tag"),
        (":v1", "the name is missing; '*' stands for every name"), ("@sha256:*", "the name is missing; '*' stands for every name"),
        ("sha256:3396*", identifier), ("sha256:*", identifier), ("sha256:5168ba5daa7", identifier), ("sha256:5168BA5DAA76", identifier),
        ("sha256:" + String(repeating: "a", count: 65), identifier), ("shop/api@sha256:abc", digest), ("shop/api@", digest),
        ("shop/api@md5:*", digest), ("shop/api:-*", "no image can have such a tag: '-' cannot stand there"),
        ("shop/api:v\\*", "no image can have such a tag: '*' cannot stand there"),
        ("shop/api:[.-]1", "no image can have such a tag: nothing that a '?' or '[…]' stands for can stand there"),
        ("shop/api-", "no image can have such a name: it cannot end so"),
        (
            "shop/caf[é-ê]",
            "no image can have such a name: nothing that a '?' or '[…]' stands for can stand there"
        ),
        ("shop/café", "no image can have such a name: 'é' cannot stand there"),
        ("registry.local:123456/shop", "no image can have such a name: '6' cannot stand there"),
        ("shop/" + String(repeating: "a", count: 250), "no image can have such a name: it is too long"),
    ])
    func whatCanMatchNothingIsNoPattern(text: String, reason: String) {
        let error = #expect(throws: InvalidReferencePattern.self) { try ReferencePattern(checking: text) }
        #expect(error?.description == reason)
        #expect(ReferencePattern(text) == nil)
    }

    /// All texts of some letters up to a length.
    private func texts(of letters: String, upTo length: Int) -> [String] {
        var all: [String] = []
        var last = [""]
        for _ in 0..<length {
            last = last.flatMap { text in letters.map { "\(text)\($0)" } }
            all += last
        }
        return all
    }

    @Test func ofAllShortTextsThoseArePatternsThatMatchAShortReference() {
        let references = texts(of: "aA0-/:", upTo: 5).compactMap { ImageReference($0) }
        for text in texts(of: "aA0-/:*?", upTo: 3) {
            let pattern = ReferencePattern(text)
            let matches = references.contains { pattern?.matches($0) ?? false }
            #expect((pattern != nil) == matches, "\(text)")
        }
    }

    @Test func whateverMayMatchAReferenceIsAPattern() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(seed)
        for _ in 0..<3000 {
            let reference = RandomReference(&random)
            let image = try #require(ImageReference(reference.text), "seed \(seed): \(reference.text)")
            let text = reference.pattern(&random)
            let pattern = try #require(ReferencePattern(text), "seed \(seed): \(text) for \(image)")
            #expect(pattern.mayMean(image), "seed \(seed): \(text) for \(image)")
        }
    }

    @Test(arguments: [
        ("sha256:abababababab", true, true), ("abababababab", true, false), ("abababababab*", true, false),
        (String(repeating: "ab", count: 32), true, false), ("sha256:" + String(repeating: "ab", count: 32), true, true),
        ("sha256:abababababac", false, true), ("abababababac", false, false), ("ababababab*", false, false),
        ("abababababab:v1", false, false),
        ("team/abababababab", false, false), ("*", false, false),
    ])
    func aPatternOfAnIDNamesTheImage(pattern: String, isMatch: Bool, isOnlyID: Bool) throws {
        let digest = try #require(Digest("sha256:" + String(repeating: "ab", count: 32)))
        let pattern = try #require(ReferencePattern(pattern))
        #expect(pattern.matches(identifier: digest) == isMatch)
        #expect(pattern.namesOnlyIdentifier == isOnlyID)
    }

    @Test(arguments: [
        ("shop/*", true), ("*", true), ("*:v1", true), ("docker.io/*", true), ("registry.local/shop/*", true), ("*:5000/shop/*", false),
        ("registry.local:5000/shop/*", false), ("SHOP/*", false), ("sha256:abababababab", false), ("abababababab", true),
        ("shop/api@sha256:*", false),
    ])
    func aRepositoryHasNoRegistryInItsName(pattern: String, mayMatch: Bool) throws {
        #expect(try #require(ReferencePattern(pattern)).mayMatchRepository == mayMatch)
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
