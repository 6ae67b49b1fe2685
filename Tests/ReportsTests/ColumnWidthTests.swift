import Testing

@testable import Reports

@Suite struct ColumnWidthTests {
    @Test(arguments: [
        ("", 0), ("shop/api:v1", 11), ("é", 1), ("e\u{301}", 1), ("中文标签", 8), ("ｆｕｌｌ", 8), ("한국어", 6), ("\u{1112}\u{1161}\u{11AB}", 2),
        ("👍", 2), ("👍🏽", 2), ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("☎", 1), ("☎\u{FE0F}", 2), ("✓✗·→…█", 6), ("a\u{300}\u{301}\u{302}b", 2),
        ("हिन्दी", 5), ("กำ", 2), ("ที่", 1), ("தமிழ்", 4), ("🏳️‍🌈", 2), ("👨🏿‍💻", 2), ("1️⃣", 2), ("각", 2),
    ])
    func columnsAreAsATerminalDraws(text: String, columns: Int) {
        #expect(ColumnWidth.of(text) == columns)
    }

    @Test func paddingCountsColumns() {
        #expect("中文".padded(toColumns: 6) == "中文  ")
        #expect("中文".leftPadded(toColumns: 6) == "  中文")
        #expect("中文".padded(toColumns: 3) == "中文")
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("中文标签", 6, "中文…"), ("中文标签", 5, "中文…"), ("abc", 1, "…"), ("abc", 0, ""),
    ])
    func cuttingLeavesRoomForTheEllipsis(text: String, columns: Int, cut: String) {
        #expect(text.cut(toColumns: columns) == cut)
    }

    @Test(arguments: [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("sha256:0123456789", 6, ["sha256", ":01234", "56789"]),
        ("a sha256:0123456789 b", 6, ["a", "sha256", ":01234", "56789", "b"]),
        ("中文标签 中文", 5, ["中文", "标签", "中文"]),
        ("  set in", 6, ["  set", "in"]),
    ])
    func wrappingKeepsEveryLineWithinItsColumns(text: String, columns: Int, lines: [String]) {
        #expect(text.wrapped(toColumns: columns) == lines)
    }

    @Test func wrappingNothingLeavesOneLine() {
        #expect("one two three".wrapped(toColumns: nil) == ["one two three"])
    }
}
