import Testing
import YAML

@Suite struct YAMLLimitTests {
    /// A text that would take a name of its own to print.
    struct Nesting: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let place: String
    }

    @Test(arguments: [
        Nesting(testDescription: "flow lists", text: String(repeating: "[", count: 10_000), place: "1:65"),
        Nesting(testDescription: "flow mappings", text: String(repeating: "{a: ", count: 10_000), place: "1:257"),
        Nesting(
            testDescription: "closed flow lists",
            text: String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000),
            place: "1:65"
        ),
        Nesting(testDescription: "block lists on one line", text: String(repeating: "- ", count: 10_000) + "x", place: "1:129"),
        Nesting(
            testDescription: "block mappings",
            text: (0..<2000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
            place: "65:65"
        ),
    ])
    func deepNestingIsOneProblem(nesting: Nesting) {
        let document = YAMLDocument(Array(nesting.text.utf8))
        #expect(document.problemLines == ["\(nesting.place): lists and mappings lie more than 64 deep in one another"])
        #expect(document.root == nil)
    }

    @Test func sixtyFourLevelsAreAllowed() {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(YAMLDocument(Array(text.utf8)).problemLines == [])
    }

    @Test func depthCountsThroughAliases() {
        let forty = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let nested = String(repeating: "[", count: 30) + "*x" + String(repeating: "]", count: 30)
        #expect(
            YAMLDocument(Array("a: &x \(forty)\nb: \(nested)\n".utf8)).problemLines == [
                "2:34: with '*x', lists and mappings lie more than 64 deep in one another"
            ]
        )
    }

    /// Nine levels of nine aliases each: a few hundred bytes that stand for 3.5 thousand million values.
    @Test(arguments: [("[*, *, *, *, *, *, *, *, *]", 7), ("{a: *, b: *, c: *, d: *, e: *, f: *, g: *, h: *, i: *}", 6)])
    func aliasBombIsOneProblem(level: String, line: Int) {
        var text = "l0: &l0 lol\n"
        for number in 1...9 { text += "l\(number): &l\(number) \(level.replacing("*", with: "*l\(number - 1)"))\n" }
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problems.map(\.message) == ["with every alias followed, the file has more than 100000 values"])
        #expect(document.problems.first?.position?.line == line)
        #expect(document.root == nil)
    }

    @Test func longTextBehindManyAliasesIsOneProblem() {
        let text =
            "a: &x \(String(repeating: "x", count: 1_000_000))\nb: [\(Array(repeating: "*x", count: 1000).joined(separator: ", "))]\n"
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problemLines == ["2:65: with every alias followed, the file has more than 16777216 bytes of text"])
    }

    @Test func manyValuesAreOneProblem() {
        let document = YAMLDocument(Array(String(repeating: "- a\n", count: 200_000).utf8))
        #expect(document.problemLines == ["100000:3: with every alias followed, the file has more than 100000 values"])
    }

    @Test func largeInputIsRefusedUnread() {
        let document = YAMLDocument([UInt8](repeating: UInt8(ascii: "["), count: (4 << 20) + 1))
        #expect(document.problemLines == ["the file is larger than 4096 KiB, the most that is read"])
        #expect(document.source == nil)
    }

    @Test func limitsCanBeSet() {
        var limits = YAMLLimits()
        limits.inputBytes = 10 * 1024
        limits.depth = 1
        limits.nodes = 3
        #expect(YAMLDocument(Array("[1, 2]".utf8), limits: limits).problemLines == [])
        #expect(
            YAMLDocument(Array("[1, 2, 3]".utf8), limits: limits).problemLines == [
                "1:8: with every alias followed, the file has more than 3 values"
            ]
        )
        #expect(
            YAMLDocument(Array("[[]]".utf8), limits: limits).problemLines == ["1:2: lists and mappings lie more than 1 deep in one another"]
        )
        #expect(
            YAMLDocument([UInt8](repeating: 0x20, count: 10 * 1024 + 1), limits: limits).problemLines == [
                "the file is larger than 10 KiB, the most that is read"
            ]
        )
    }

    @Test func largestAllowedInputIsReadInReasonableTime() {
        // One key of almost 4 MiB, and one line with a hundred thousand entries: no step may be quadratic.
        let long = "a: '" + String(repeating: "ä$ ", count: 1_000_000) + "'\n"
        #expect(YAMLDocument(Array(long.utf8)).problemLines == [])
        let wide = "[" + Array(repeating: "'äöüß ${X}'", count: 99_000).joined(separator: ",") + "]"
        let document = YAMLDocument(Array(wide.utf8))
        #expect(document.problemLines == [])
        guard case .sequence(let nodes) = document.root?.content, let source = document.source else {
            Issue.record("not a list")
            return
        }
        let count = nodes.reduce(0) { $0 + source.positions(of: "$", from: $1.start, to: $1.end).count }
        #expect(count == 99_000)
    }
}
