import HookKit
import PipelineFile
import Testing

@Suite struct DiagnosticRendererTests {
    /// What is printed for a file that is refused.
    private func printed(_ bytes: [UInt8], file: String = "pipeline.yml") throws -> String {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let registry = try RuleRegistry.forTests()
        return try #require(throws: InvalidPipeline.self) { _ = try loader.parse(bytes, file: file).pipeline(with: registry) }.description
    }

    private func printed(_ text: String) throws -> String { try printed(Array(text.utf8)) }

    @Test func diagnosticHasItsLineAndACaret() throws {
        let text = """
            name: hygiene
            stages:
              - rule: prune
                with:
                  older-then: 24h
                  keep-last: many
            """
        #expect(
            try printed(text) == """
                pipeline.yml:5:7: error: prune has no setting 'older-then'; did you mean 'older-than'?
                      older-then: 24h
                      ^
                pipeline.yml:6:18: error: 'keep-last' must be a whole number, 0 or more, not 'many'
                      keep-last: many
                                 ^

                """
        )
    }

    @Test func noteIsPrintedLikewise() throws {
        #expect(
            try printed("name: a\nname: b\nstages: [{rule: prune, name: a}, {rule: prune, name: a}]\n") == """
                pipeline.yml:2:1: error: the key 'name' comes twice in one mapping
                name: b
                ^
                pipeline.yml:1:1: note: 'name' comes first here
                name: a
                ^
                pipeline.yml:3:54: error: another stage is named 'a'
                stages: [{rule: prune, name: a}, {rule: prune, name: a}]
                                                                     ^
                pipeline.yml:3:30: note: 'a' is the name of this stage
                stages: [{rule: prune, name: a}, {rule: prune, name: a}]
                                             ^

                """
        )
    }

    @Test func diagnosticWithoutAPlaceHasNoLine() throws {
        #expect(try printed("") == "pipeline.yml: error: the file is empty; a pipeline has a key 'stages'\n")
    }

    @Test func placeAtTheEndOfTheFileHasNoEmptyLine() throws {
        #expect(
            try printed("name: 'x\n\n") == """
                pipeline.yml:3:1: error: the closing quote is missing
                pipeline.yml:1:7: note: the quoted text begins here
                name: 'x
                      ^

                """
        )
    }

    @Test(arguments: [
        ("{a: \t@}", "{a: \t@}", "    \t^"),
        ("größe: @", "größe: @", "       ^"),
        ("名前: @", "名前: @", "      ^"),
        ("🐳: @", "🐳: @", "    ^"),
        ("e\u{301}: @", "e\u{301}: @", "   ^"),
        ("a\u{200b}: @", "a\u{200b}: @", "   ^"),
        ("\u{feff}a: @", "a: @", "   ^"),
        ("\"\u{202e}\u{200f}\": @", "\"\u{fffd}\u{fffd}\": @", "      ^"),
    ])
    func caretStandsBeneathThePlace(text: String, line: String, caret: String) throws {
        let lines = try printed(text).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[1...2].map(String.init) == [line, caret])
    }

    @Test func controlCharactersNeverReachTheTerminal() throws {
        #expect(
            try printed("a\u{1b}[31m: 1\n") == """
                pipeline.yml:1:2: error: the character U+001B is not allowed in YAML
                a\u{fffd}[31m: 1
                 ^

                """
        )
        #expect(
            try printed("\"a\\e[31m\\nb\\tc\\u202e\": 1\nstages: [{rule: prune}]") == """
                pipeline.yml:1:1: error: the pipeline has no key 'a\\u{1b}[31m\\nb\\tc\\u{202e}'; valid: name, plugins, docker, ledger, variables, reports, stages
                "a\\e[31m\\nb\\tc\\u202e": 1
                ^

                """
        )
        #expect(
            try printed([0xff], file: "a\nb.yml")
                == "a\\nb.yml:1:1: error: the byte 0xFF is not UTF-8; save the file as UTF-8\n\u{fffd}\n^\n"
        )
    }

    @Test func longLineIsCutAroundThePlace() throws {
        let filler = String(repeating: "x", count: 5000)
        let left = String(repeating: "x", count: 94)
        let right = String(repeating: "x", count: 93)
        #expect(
            try printed("{a: '\(filler)', b: @, c: '\(filler)'}") == """
                pipeline.yml:1:5012: error: a text cannot begin with '@'; put it in quotes
                ...\(left)', b: @, c: '\(right)...
                \(String(repeating: " ", count: 103))^

                """
        )
    }

    @Test func longMessageIsCut() throws {
        let filler = String(repeating: "x", count: 1000)
        let first = try printed("\(filler): 1\nstages: [{rule: prune}]").split(separator: "\n")[0]
        #expect(first == "pipeline.yml:1:1: error: the pipeline has no key '\(String(repeating: "x", count: 500 - 25))...")
    }

    @Test func moreThanAHundredAreCounted() throws {
        let keys = (0..<150).map { "k\($0): 1\n" }.joined()
        let lines = try printed("\(keys)stages: [{rule: prune}]").split(separator: "\n")
        #expect(lines.count == 301)
        #expect(lines.last == "pipeline.yml: note: 50 more messages are not shown")
    }
}
