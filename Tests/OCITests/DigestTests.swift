import OCI
import Testing

@Suite struct DigestTests {
    @Test func aDigestIsReadAndPrinted() throws {
        let text = "sha256:" + String(repeating: "0a", count: 32)
        let digest = try #require(Digest(text))
        #expect(digest.algorithm == .sha256)
        #expect(digest.description == text)
        #expect(digest.short == "0a0a0a0a0a0a")
        #expect(Digest("sha512:" + String(repeating: "0a", count: 64)) != nil)
    }

    @Test(arguments: [
        "", "sha256", "sha256:", "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 63),
        "sha256:" + String(repeating: "a", count: 65), "sha256:" + String(repeating: "g", count: 64),
        "md5:" + String(repeating: "a", count: 32),
        "sha256:" + String(repeating: "a", count: 64) + "\n", " sha256:" + String(repeating: "a", count: 64),
        "sha256:../../" + String(repeating: "a", count: 58),
        "SHA256:" + String(repeating: "a", count: 64), "sha512:" + String(repeating: "a", count: 64),
    ])
    func anythingElseIsNone(text: String) { #expect(Digest(text) == nil) }

    @Test func digestsAreOrderedByAlgorithmAndDigits() throws {
        let hex = ["00", "0f", "10", "9f", "a0", "ff"]
        let texts = hex.flatMap { first in
            hex.flatMap { last in
                [("sha256", 31), ("sha512", 63)].map { "\($0.0):\(first)\(String(repeating: "5a", count: $0.1 - 1))\(last)" }
            }
        }
        let digests = try texts.shuffled().map { try #require(Digest($0)) }
        #expect(digests.sorted().map(\.description) == texts.sorted())
        #expect(Set(digests).count == texts.count)
    }
}
