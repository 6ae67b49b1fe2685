import Testing

@testable import Reports

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("shop/api:v1", "shop/api:v1"),
        ("中文 é 👩‍👩‍👧‍👦", "中文 é 👩‍👩‍👧‍👦"),
        ("\u{1B}[2J\u{0}\u{7F}", "␛[2J␀␡"),
        ("a\tb\r\nc", "a␉b␍␊c"),
        ("\u{9B}31m\u{85}", "\\u{9b}31m\\u{85}"),
        ("\u{202E}evil\u{2066}\u{2028}\u{FEFF}\u{AD}", "\\u{202e}evil\\u{2066}\\u{2028}\\u{feff}\\u{ad}"),
        ("\u{301}a\u{301}", "◌\u{301}a\u{301}"),
        ("\u{FFFE}\u{FFFF}\u{1FFFE}\u{10FFFF}", "\\u{fffe}\\u{ffff}\\u{1fffe}\\u{10ffff}"),
    ])
    func lineShowsWhatIsHidden(text: String, shown: String) {
        #expect(VisibleText.line(text) == shown)
    }

    @Test(arguments: [
        ("", [""]),
        ("a\nb\r\n\nc", ["a", "b", "", "c"]),
        ("a\tb\u{1B}c\rd\n", ["a    b␛c␍d", ""]),
    ])
    func linesAreSplitAndShown(text: String, lines: [String]) {
        #expect(VisibleText.lines(text) == lines)
    }

    @Test func longTextsAreCutWithTheNumberOfBytesLeftOut() {
        #expect(VisibleText.line("abcdef", limit: 6) == "abcdef")
        #expect(VisibleText.line("abcdef", limit: 4) == "abcd … 2 more bytes")
        #expect(VisibleText.line("日本語日本", limit: 3) == "日本語 … 6 more bytes")
        #expect(VisibleText.lines("ab\ncdef", limit: 4) == ["ab", "c", "… 3 more bytes"])
        #expect(VisibleText.lines("日本\n", limit: 3) == ["日本", ""])
    }

    @Test func nothingThatXMLForbidsOrATerminalObeysIsLeft() {
        let harmful = (UInt32(0)...0x10FFFF).compactMap { Unicode.Scalar($0) }.filter { scalar in
            VisibleText.line(String(Character(scalar))).unicodeScalars.contains { shown in
                shown.value < 0x20 || (0x7F..<0xA0).contains(shown.value) || shown.value & 0xFFFE == 0xFFFE
            }
        }
        #expect(harmful == [])
    }
}
