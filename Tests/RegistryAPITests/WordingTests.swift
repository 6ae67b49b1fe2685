import HookKit
import HookTesting
import Testing

@testable import RegistryAPI

/// What is read out of header fields and addresses.
@Suite struct WordingTests {
    @Test func challengesAreReadFromOneFieldOrSeveral() {
        let field = #"Bearer realm="https://auth.local/token",service="a, b",scope="repository:x:pull,push", Basic realm="say \"hi\"""#
        #expect(
            AuthenticationChallenge.all(in: [field, "Negotiate", "basic"]) == [
                AuthenticationChallenge(
                    scheme: "bearer",
                    parameters: ["realm": "https://auth.local/token", "service": "a, b", "scope": "repository:x:pull,push"]
                ),
                AuthenticationChallenge(scheme: "basic", parameters: ["realm": #"say "hi""#]),
                AuthenticationChallenge(scheme: "negotiate", parameters: [:]),
                AuthenticationChallenge(scheme: "basic", parameters: [:]),
            ]
        )
        #expect(AuthenticationChallenge.all(in: ["", ",,", "=", #"Bearer realm="open"#]).map(\.scheme) == ["bearer"])
    }

    @Test(
        arguments: [
            ("https://registry.local", "https://registry.local/"), ("HTTP://Host:80/a?b#c", "http://host/a?b"),
            ("https://[::1]:5000/v2/", "https://[::1]:5000/v2/"), ("https://user:secret@host/", nil), ("https://host:0/", nil),
            ("https://host:99999/", nil), ("https:///path", nil), ("ftp://host/", nil), ("https://ho st/", nil),
            ("https://host/\r\nX: y", nil),
            ("/relative", nil),
        ] as [(String, String?)]
    )
    func addressesAreReadStrictly(_ text: String, _ expected: String?) {
        #expect(WebAddress(text)?.text == expected)
    }

    @Test(
        arguments: [
            ("/v2/b", "https://host/v2/b"), ("?last=x", "https://host/v2/a/list?last=x"), ("other", "https://host/v2/a/other"),
            ("//evil/x", "https://evil/x"), ("http://evil/x", "http://evil/x"), ("mailto:x", nil),
        ] as [(String, String?)]
    )
    func referencesAreResolved(_ reference: String, _ expected: String?) throws {
        let base = try #require(WebAddress("https://host/v2/a/list?n=1"))
        #expect(base.resolving(reference)?.text == expected)
    }

    @Test(arguments: [
        ("registry.local:5000", ["https://registry.local:5000/"], "registry.local:5000"),
        ("127.0.0.1:5000", ["https://127.0.0.1:5000/", "http://127.0.0.1:5000/"], "127.0.0.1:5000"),
        ("localhost", ["https://localhost/", "http://localhost/"], "localhost"),
        ("http://registry:5000/", ["http://registry:5000/"], "registry:5000"),
        ("https://127.0.0.1:443", ["https://127.0.0.1/"], "127.0.0.1:443"),
        ("docker.io", ["https://registry-1.docker.io/"], "docker.io"),
        ("index.docker.io", ["https://registry-1.docker.io/"], "docker.io"),
        ("127.0.0.1.evil.com", ["https://127.0.0.1.evil.com/"], "127.0.0.1.evil.com"),
    ]) func registriesAreSpokenToByTLSUnlessTheyAreNear(_ text: String, _ expected: [String], _ name: String) throws {
        let endpoint = try RegistryEndpoint(RegistryAddress(text))
        #expect(endpoint.candidates.map(\.text) == expected)
        #expect(endpoint.name == name)
    }

    @Test(arguments: ["", "registry.local/shop", "user@host", "https://", "a b", "ftp://x", "host:port", "-x"])
    func whatIsNoRegistryIsRefused(_ text: String) {
        #expect(
            throws: RegistryError(
                .configuration,
                "'\(text)' is no name of a registry; write it as 'registry.local:5000', or with 'http://' or 'https://' in front"
            )
        ) {
            try RegistryEndpoint(RegistryAddress(text))
        }
    }

    @Test func anInsecureRegistryMaySpeakPlainHTTP() throws {
        let endpoint = try RegistryEndpoint(RegistryAddress("registry.local:5000", security: .optional))
        #expect(endpoint.candidates.map(\.text) == ["https://registry.local:5000/", "http://registry.local:5000/"])
    }

    @Test func linksAndTimesAreRead() {
        #expect(LinkField.next(#"</a>; rel="first", </b?x=1>; rel="next""#) == "/b?x=1")
        #expect(LinkField.next("</a>;rel=next") == "/a")
        #expect(LinkField.next("</a>; rel=prev") == nil)
        #expect(LinkField.next("<") == nil)
        #expect(HTTPDate.seconds(of: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds(of: "Sunday, 06-Nov-94 08:49:37 GMT") == nil)
        #expect(HTTPDate.seconds(of: "7") == nil)
    }

    @Test func pausesGrowAndEnd() {
        var limits = RegistryLimits()
        limits.attempts = 4
        var policy = RetryPolicy(limits: limits)
        #expect(policy.pause(afterStatus: 500, of: .get, retryAfter: nil, jitter: 1) == .milliseconds(500))
        #expect(policy.pause(afterStatus: 500, of: .get, retryAfter: nil, jitter: 0) == .milliseconds(500))
        #expect(policy.pause(afterStatus: 429, of: .delete, retryAfter: nil, jitter: 1) == .milliseconds(2000))
        #expect(policy.pause(afterStatus: 429, of: .get, retryAfter: nil, jitter: 1) == nil)
        var deletion = RetryPolicy(limits: limits)
        #expect(deletion.pause(afterStatus: 500, of: .delete, retryAfter: nil, jitter: 1) == nil)
        #expect(deletion.pause(afterStatus: 200, of: .get, retryAfter: nil, jitter: 1) == nil)
        #expect(deletion.pause(afterStatus: 503, of: .delete, retryAfter: .seconds(5), jitter: 0) == .seconds(5))
        #expect(deletion.pause(afterStatus: 503, of: .delete, retryAfter: .seconds(61), jitter: 0) == nil)
    }

    @Test func credentialsShowNoSecret() {
        let credential = RegistryCredential.password(user: "ann", secret: "tea-4711")
        var dumped = ""
        dump(credential, to: &dumped)
        for text in ["\(credential)", String(reflecting: credential), dumped, "\([credential])"] {
            #expect(!text.contains("4711"))
        }
    }
}
