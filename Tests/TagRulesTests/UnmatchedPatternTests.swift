import HookKit
import Testing

@testable import TagRules

/// What is said of a pattern that no tag matches.
@Suite struct UnmatchedPatternTests {
    private static let nothing = "no tag on this engine matches it"

    private func message(_ pattern: String, _ tags: [String]) throws -> String? {
        let unmatched = UnmatchedPatterns(among: try tags.map { try #require(ImageReference($0)) })
        let patterns = unmatched.among([try #require(ReferencePattern(pattern))])
        let found = patterns.map { unmatched.finding($0, Self.nothing) }
        #expect(found.allSatisfy { $0.outcome == .skipped && $0.type == "no-match" && $0.subject == pattern })
        return found.first?.message
    }

    @Test(
        arguments: [
            ("shop/*", ["shop/api:v1"], nil), ("*", [], nil), ("*:*", ["shop/api:v1"], nil),
            ("*:v1", [], "; it has no tagged image at all"), ("shp/*", ["shop/api:v1", "alpine:3"], "; did you mean 'shop/*'?"),
            ("shp/*:v*", ["shop/api:v1"], "; did you mean 'shop/*:v*'?"), ("shp/*:w*", ["shop/api:v1"], ""),
            ("shop/apj", ["shop/api:v1"], "; did you mean 'shop/api'?"), ("shop/apj:v1", ["shop/api:v1"], "; did you mean 'shop/api:v1'?"),
            ("shop/apj:v2", ["shop/api:v1"], "; did you mean 'shop/api'?"),
            ("registry.local:500/shop/*", ["registry.local:5000/shop/api:v1"], "; did you mean 'registry.local:5000/shop/*'?"),
            ("shop/api:v2", ["shop/api:v3", "shop/api:v1"], "; 'shop/api' is there with other tags, such as 'shop/api:v1'"),
            ("shop/*", ["localhost/shop/api:v1"], "; did you mean 'localhost/shop/*'?"), ("team/*", ["shop/api:v1"], ""),
            ("x*", ["shop/api:v1"], ""),
        ] as [(String, [String], String?)]
    )
    func thePatternThatWasMeantIsNamedWhereOneIsNear(pattern: String, tags: [String], hint: String?) throws {
        #expect(try message(pattern, tags) == hint.map { Self.nothing + $0 })
    }
}
