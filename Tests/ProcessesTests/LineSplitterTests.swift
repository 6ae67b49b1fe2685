import Testing

@testable import Processes

struct LineSplitterTests {
    /// Cuts a text that arrives in chunks of a size.
    private func lines(_ bytes: [UInt8], chunk: Int, longestLine: Int) -> [String] {
        var splitter = LineSplitter(longestLine: longestLine)
        var lines: [String] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes { splitter.add($0) { lines.append($0) } }
        }
        splitter.finish { lines.append($0) }
        return lines
    }

    @Test(
        "lines are cut wherever the chunks end",
        arguments: [
            ("", []),
            ("one", ["one"]),
            ("one\n", ["one"]),
            ("one\n\ntwo", ["one", "", "two"]),
            ("one\r\ntwo\r\n", ["one", "two"]),
            ("10%\r20%\r\n", ["10%\r20%"]),
            ("\r\n\r", ["", ""]),
            ("äöü€\n😀😀", ["äöü€", "😀😀"]),
        ]
    )
    func linesAreCut(text: String, expected: [String]) {
        for chunk in 1...8 { #expect(lines(Array(text.utf8), chunk: chunk, longestLine: 1000) == expected) }
    }

    @Test(arguments: [
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("abcd\nefgh\r\n", 4, ["abcd", "efgh"]),
        ("abc😀def", 5, ["abc", "😀d", "ef"]),
        ("€€€€", 4, ["€", "€", "€", "€"]),
    ])
    func longLineComesInPiecesOfWholeCharacters(text: String, longestLine: Int, expected: [String]) {
        for chunk in [1, 3, 100] {
            let found = lines(Array(text.utf8), chunk: chunk, longestLine: longestLine)
            #expect(found.joined() == expected.joined())
            #expect(found.allSatisfy { $0.utf8.count <= longestLine + 1 && !$0.contains("\u{FFFD}") })
        }
        #expect(lines(Array(text.utf8), chunk: 1, longestLine: longestLine).last == expected.last)
    }

    @Test func bytesThatAreNoUTF8AreReplaced() {
        #expect(lines([0x61, 0xff, 0x62, 0x0a, 0xc3], chunk: 2, longestLine: 10) == ["a\u{FFFD}b", "\u{FFFD}"])
        let continuations = lines([UInt8](repeating: 0x80, count: 20), chunk: 20, longestLine: 8)
        #expect(continuations.joined() == String(repeating: "\u{FFFD}", count: 20))
    }
}
