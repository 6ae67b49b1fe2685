import HookTesting
import Testing
import YAML

@Suite struct YAMLTreeTests {
    @Test(arguments: [
        ("a: 1\nb: [x, 'y', null]\nc: {d: true}\n", "{a: 1, b: ['x', 'y', null], c: {d: true}}"),
        ("- 1\n-\n- - 2\n  - 3\n", "[1, null, [2, 3]]"),
        ("text", "'text'"),
        ("a: |\n  one\n  two\nb: >\n  one\n  two\n", "{a: 'one\ntwo\n', b: 'one two\n'}"),
        ("\u{feff}a: 1\n", "{a: 1}"),
        ("a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"),
        ("%YAML 1.2\n---\na: 1\n...\n", "{a: 1}"),
        ("1: a\ntrue: b\n~: c\n", "{1: 'a', true: 'b', ~: 'c'}"),
        ("a: \"\\u00e4\\t\\x41\"\n", "{a: 'ä\tA'}"),
        ("a: größe 🐳\n", "{a: 'größe 🐳'}"),
        // Aliases.
        ("a: &x [1, {b: 2}]\nc: *x\nd: [*x]\n", "{a: [1, {b: 2}], c: [1, {b: 2}], d: [[1, {b: 2}]]}"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
        ("a: &k key\n*k : v\n", "{a: 'key', key: 'v'}"),
        ("a: &x\nb: *x\n", "{a: null, b: null}"),
        // Merge keys: what the mapping says wins, then the first that is merged.
        ("a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}\n", "{a: {x: 1, y: 1}, b: {y: 2, x: 1}}"),
        ("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n", "{a: {x: 1}, b: {x: 2, y: 2}, c: {x: 1, y: 2}}"),
        ("a: &a {<<: {x: 1}}\nb: {<<: *a}\n", "{a: {x: 1}, b: {x: 1}}"),
        ("'<<': 1\n", "{<<: 1}"),
    ])
    func textBecomesATree(text: String, outline: String) throws {
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problemLines == [])
        #expect(try #require(document.root).outline == outline)
    }

    @Test(arguments: ["", "\n\n", "# a comment\n", "%YAML 1.2\n---\n...\n", "---\n", "\u{feff}"])
    func textWithoutContentHasNoMapping(text: String) {
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problemLines == [])
        #expect(document.root == nil || document.root?.outline == "null")
    }

    @Test func everyNodeAndKeyKnowsItsPlace() throws {
        let marked = MarkedText(
            """
            # größe
            ▲▲plain: ▲one two▲   # and no more
            ▲list:
            ▲  - ▲'x'▲
            ▲map: ▲{▲k: ▲"ä 🐳"▲, ▲null: ▲}▲

            """
        )
        let document = YAMLDocument(Array(marked.text.utf8))
        guard case .mapping(let entries) = try #require(document.root).content, case .sequence(let items) = entries[1].value.content,
            case .mapping(let inner) = entries[2].value.content
        else { throw NoSuchNode() }
        let list = entries[1].value
        let found = [
            try #require(document.root).start, entries[0].keyPosition, entries[0].value.start, entries[0].value.end,
            entries[1].keyPosition, YAMLPosition(line: list.start.line, column: 1), items[0].start, items[0].end,
            entries[2].keyPosition, entries[2].value.start, inner[0].keyPosition, inner[0].value.start, inner[0].value.end,
            inner[1].keyPosition, inner[1].value.start, entries[2].value.end,
        ]
        #expect(found.map { MarkedText.Place(line: $0.line, column: $0.column) } == marked.places)
        #expect(list.start == YAMLPosition(line: 4, column: 3))
    }

    @Test func lineSeparatorsOfYAML11DoNotCountAsLines() throws {
        let marked = MarkedText("a: \"x\u{2028}y\u{85}z\"\r\n▲b: ▲1\rc: ▲2\n")
        let document = YAMLDocument(Array(marked.text.utf8))
        guard case .mapping(let entries) = try #require(document.root).content else { throw NoSuchNode() }
        #expect(entries.map { $0.keyPosition.line } == [1, 2, 3])
        #expect(entries[1].value.start == YAMLPosition(line: 2, column: 4))
        #expect(document.source?.line(2) == "b: 1")
        #expect(document.source?.line(3) == "c: 2")
        #expect(document.source?.line(5) == nil)
    }

    @Test func aliasStandsAtItsOwnPlaceAndItsContentWhereItIsWritten() throws {
        let marked = MarkedText("a: &x ▲{k: ▲v}\nb: ▲*x\n")
        let document = YAMLDocument(Array(marked.text.utf8))
        let alias = try document.value("b")
        guard case .mapping(let entries) = alias.content else { throw NoSuchNode() }
        let places = [entries[0].value.position, alias.position].map { MarkedText.Place(line: $0.line, column: $0.column) }
        #expect(places == [marked.places[1], marked.places[2]])
        #expect(alias.start == YAMLPosition(line: 1, column: 4))
    }

    @Test func charactersAreFoundBetweenTwoPlaces() throws {
        let filler = String(repeating: "ä", count: 1000)
        let marked = MarkedText("\(filler): 'x ▲$ \(filler) ▲$'\nb: $\n")
        let document = YAMLDocument(Array(marked.text.utf8))
        let source = try #require(document.source)
        let node = try document.value(filler)
        let found = source.positions(of: "$", from: node.start, to: node.end)
        #expect(found.map { MarkedText.Place(line: $0.line, column: $0.column) } == marked.places)
        #expect(source.positions(of: "$", from: node.end, to: node.start) == [])
        #expect(source.positions(of: "$", from: node.end, to: YAMLPosition(line: 99, column: 1)) == [YAMLPosition(line: 2, column: 4)])
    }
}
