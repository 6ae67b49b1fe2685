import HookTesting
import Testing
import YAML

@Suite struct YAMLProblemTests {
    /// A text with its bad place marked, and what is said about it.
    struct Case: Sendable, CustomTestStringConvertible {
        let marked: String
        let messages: [String]

        init(_ marked: String, _ messages: String...) {
            self.marked = marked
            self.messages = messages
        }

        var testDescription: String { marked.debugDescription }
    }

    static let unexpectedColon =
        "this ':' is not expected; check the indentation and the line before, and put a text that holds ': ' in quotes"
    static let keyExpected = "a key is expected here; check the indentation and the quotes"
    static let listEntry = "a list entry cannot stand among the keys of a mapping; check the indentation"

    /// Places are marked in the order of the messages, notes included.
    @Test(arguments: [
        // Syntax.
        Case("a: b▲: c", unexpectedColon),
        Case("a: 1\n  b▲: 2", unexpectedColon),
        Case("key without colon\nother▲: 1", unexpectedColon),
        Case("a:\n▲\tb: 1", "a tab cannot indent or stand before a value; use spaces"),
        Case("▲\ta: 1", "a tab cannot indent or stand before a value; use spaces"),
        Case("a:\n  - b\n▲\t- c", "a tab cannot indent; use spaces"),
        Case("a: |\n▲\tx", "a tab cannot indent; use spaces"),
        Case("a: 'b▲", "the closing quote is missing", "note: the quoted text begins here"),
        Case("a: \"b\n▲---\n", "the closing quote is missing before this line", "note: the quoted text begins here"),
        Case("a: \"▲\\q\"", "there is no such escape between double quotes; write '\\\\' for a backslash, or use single quotes"),
        Case("a: \"\\x▲0\"", "an escape needs hexadecimal digits here"),
        Case("a: \"\\u▲D800\"", "the escape names no character"),
        Case("a: ▲\"\\0\"", "a text cannot hold the character U+0000"),
        Case("a: ▲@b", "a text cannot begin with '@'; put it in quotes"),
        Case("a: ▲`b`", "a text cannot begin with '`'; put it in quotes"),
        Case("a: ▲%b", "a text cannot begin with '%'; put it in quotes"),
        Case("a: [1, 2▲", "a ',' or ']' is expected here", "note: the list begins here"),
        Case("a: {b: 1▲", "a ',' or '}' is expected here", "note: the mapping begins here"),
        Case(
            "a: {b: $▲{c}}",
            "a ',' or '}' is expected here; put a text that holds '{' in quotes",
            "note: the mapping begins here"
        ),
        Case("a: [$▲{c}]", "a ',' or ']' is expected here; put a text that holds '{' in quotes", "note: the list begins here"),
        Case("a: ▲]", "a value is expected here"),
        Case("a: [▲,]", "a value is expected here"),
        Case("a: ▲- 1", "a list entry is not allowed here; begin the list on a line of its own"),
        Case("a: ▲? b", "a key is not allowed here; begin it on a line of its own"),
        Case("- a\n▲b: 1", "a '-' is expected here; the lines of a list are indented alike", "note: the list begins here"),
        Case("a: 1\n▲- b", listEntry, "note: the mapping begins here"),
        Case("a:\n  - 1\n ▲- 2", listEntry, "note: the mapping begins here"),
        Case("a:\n  b: 1\n ▲c: 2", keyExpected, "note: the mapping begins here"),
        Case("a: \"x\" ▲y", keyExpected, "note: the mapping begins here"),
        Case("{a: 1} ▲b", "the document has ended before this; check the indentation"),
        Case("a: |▲0\n x", "the indentation of a block is a digit from 1 to 9"),
        Case("a: >▲x\n b", "nothing but a comment may follow here"),
        Case("▲%YAML 3.0\n---\na: 1", "this is not YAML 1.1 or 1.2"),
        Case("%FOO▲\n---\na: 1", "there is no such directive; YAML has %YAML and %TAG"),
        Case("a: ▲!e!x 1", "the tag's prefix is not declared"),
        Case("a: !x▲ä 1", "a space is expected here"),
        Case(
            "images: [*▲:latest]",
            "the name of an anchor or alias is made of letters, digits, '-' and '_'; put a text that begins with '*', such as a pattern, in quotes"
        ),
        Case(
            "images: [▲*shop]",
            "no anchor '&shop' comes before this alias; put a text that begins with '*', such as a pattern, in quotes"
        ),
        Case("a: &▲", "the name of an anchor or alias is made of letters, digits, '-' and '_'"),
        // Keys.
        Case("a: 1\n▲a: 2", "the key 'a' comes twice in one mapping", "note: 'a' comes first here"),
        Case("x: {a: 1, ▲'a': 2}", "the key 'a' comes twice in one mapping", "note: 'a' comes first here"),
        Case("? ▲[1]\n: 2", "a key is a text, not a list or a mapping"),
        Case("? ▲{a: 1}\n: 2", "a key is a text, not a list or a mapping"),
        Case("▲'': 1", "the key is missing before ':'"),
        Case("<<: ▲1", "'<<' takes an alias to a mapping, or a list of such aliases"),
        Case("<<: [{a: 1}, ▲2]", "'<<' takes an alias to a mapping, or a list of such aliases"),
        // Anchors, aliases, tags, documents.
        Case("a: ▲*x", "no anchor '&x' comes before this alias; put a text that begins with '*', such as a pattern, in quotes"),
        Case("a: &x [▲*x]", "'*x' stands inside of what '&x' names, and would never end"),
        Case("a: &x {b: [▲*x]}", "'*x' stands inside of what '&x' names, and would never end"),
        Case("a: ▲!foo 1", "there is no tag '!foo' in the core schema of YAML 1.2"),
        Case("a: ▲!!binary aGk=", "there is no tag '!!binary' in the core schema of YAML 1.2"),
        Case("a: ▲!foo {b: 1}", "there is no tag '!foo' in the core schema of YAML 1.2"),
        Case("a: ▲!!int x", "'x' is not what its tag '!!int' says"),
        Case("a: ▲!!map [1]", "a list is not what its tag '!!map' says"),
        Case("a: 1\n▲---\nb: 2", "a second document begins here; a file holds one"),
        // Characters.
        Case("a: x▲\u{7}y", "the character U+0007 is not allowed in YAML"),
        Case("a: ä▲\u{1b}[31m", "the character U+001B is not allowed in YAML"),
        Case("a: ▲\u{feff}", "the character U+FEFF is not allowed in YAML"),
        Case("a\n▲\0", "the character U+0000 is not allowed in YAML"),
    ])
    func mistakeIsReportedAtItsPlace(_ example: Case) {
        let marked = MarkedText(example.marked)
        let document = YAMLDocument(Array(marked.text.utf8))
        #expect(document.problems.map(\.message) + document.problems.flatMap(\.notes).map { "note: \($0.message)" } == example.messages)
        let place = document.problems.first?.position.map { MarkedText.Place(line: $0.line, column: $0.column) }
        #expect([place] == marked.places)
    }

    @Test func everyMistakeIsReportedNotOnlyTheFirst() {
        let text = """
            a: 1
            a: 2
            b: {c: 1, c: 2}
            a: *nobody
            d: !vault x
            b: [*nowhere]
            e: @
            """
        #expect(
            YAMLDocument(Array(text.utf8)).problemLines == [
                "2:1: the key 'a' comes twice in one mapping", "1:1: note: 'a' comes first here",
                "3:11: the key 'c' comes twice in one mapping", "3:5: note: 'c' comes first here",
                "4:1: the key 'a' comes twice in one mapping", "1:1: note: 'a' comes first here",
                "4:4: no anchor '&nobody' comes before this alias; put a text that begins with '*', such as a pattern, in quotes",
                "5:4: there is no tag '!vault' in the core schema of YAML 1.2",
                "6:1: the key 'b' comes twice in one mapping", "3:1: note: 'b' comes first here",
                "6:5: no anchor '&nowhere' comes before this alias; put a text that begins with '*', such as a pattern, in quotes",
                "7:4: a text cannot begin with '@'; put it in quotes",
            ]
        )
    }

    @Test func problemsThatLeaveTheTreeReadableLeaveIt() {
        #expect(YAMLDocument(Array("a: 1\na: 2\nb: !x 3\n".utf8)).root?.outline == "{a: 1, b: 3}")
        #expect(YAMLDocument(Array("a: 1\nb: *x\n".utf8)).root == nil)
        #expect(YAMLDocument(Array("a: 1\nb: @\n".utf8)).root == nil)
    }

    @Test(
        arguments: [
            ([0x61, 0x3a, 0x20, 0xff], "1:4: the byte 0xFF is not UTF-8; save the file as UTF-8"),
            ([0x61, 0x0a, 0xc3], "2:1: the byte 0xC3 is not UTF-8; save the file as UTF-8"),
            ([0xc3, 0xa4, 0xc3, 0x28], "1:2: the byte 0xC3 is not UTF-8; save the file as UTF-8"),
            // A surrogate, an overlong form, and a number beyond Unicode.
            ([0xed, 0xa0, 0x80], "1:1: the byte 0xED is not UTF-8; save the file as UTF-8"),
            ([0xc0, 0x80], "1:1: the byte 0xC0 is not UTF-8; save the file as UTF-8"),
            ([0xf5, 0x80, 0x80, 0x80], "1:1: the byte 0xF5 is not UTF-8; save the file as UTF-8"),
            // Latin-1, as an old editor saves `größe`.
            ([0x67, 0x72, 0xf6, 0xdf, 0x65], "1:3: the byte 0xF6 is not UTF-8; save the file as UTF-8"),
            ([0xff, 0xfe, 0x61, 0x00], "the file is UTF-16 or UTF-32; save it as UTF-8"),
            ([0xfe, 0xff, 0x00, 0x61], "the file is UTF-16 or UTF-32; save it as UTF-8"),
            ([0x00, 0x00, 0xfe, 0xff], "the file is UTF-16 or UTF-32; save it as UTF-8"),
            ([0xff, 0xfe, 0x00, 0x00], "the file is UTF-16 or UTF-32; save it as UTF-8"),
            ([0x61, 0x00, 0x3a, 0x00], "1:2: the character U+0000 is not allowed in YAML"),
        ] as [([UInt8], String)]
    )
    func bytesThatAreNoTextAreReportedWhereTheyStand(bytes: [UInt8], line: String) {
        #expect(YAMLDocument(bytes).problemLines == [line])
    }

    @Test func lineOfABadByteCanBeShown() {
        let document = YAMLDocument(Array("first: 1\nname: gr".utf8) + [0xf6, 0xdf] + Array("e\nlast: 1\n".utf8))
        #expect(document.problemLines == ["2:9: the byte 0xF6 is not UTF-8; save the file as UTF-8"])
        #expect(document.source?.line(2) == "name: gr\u{fffd}\u{fffd}e")
    }
}
