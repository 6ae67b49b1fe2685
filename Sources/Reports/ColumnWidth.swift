/// How many columns of a terminal a text takes.
///
/// Source: Unicode Standard Annex 11, East Asian Width. A character is what a person sees as one: a letter with its combining marks, or
/// several emoji joined into one, which takes two columns as newer terminals draw it. In scripts whose letters join, such as those of India,
/// each letter and each vowel that stands beside one takes its column.
enum ColumnWidth {
    /// The columns of a text that holds no control characters.
    static func of(_ text: String) -> Int {
        text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + of($1) }
    }

    /// The columns of a character.
    static func of(_ character: Character) -> Int {
        var sum = 0
        for scalar in character.unicodeScalars {
            // The selector asks for the picture in colours instead of the sign in black and white, and pictures are wide.
            if scalar == "\u{FE0F}" { return 2 }
            sum += of(scalar)
        }
        guard sum > 2, let first = character.unicodeScalars.first, first.properties.isEmoji, first.value > 0xFF else { return sum }
        return 2
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        // The vowels and final consonants that join a Hangul syllable.
        if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FB).contains(value) { return 0 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if properties.isEmojiPresentation { return 2 }
        return isWide(value) ? 2 : 1
    }

    /// Says whether a code point is wide or full-width, apart from the emoji, which have a property of their own.
    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        var low = 0
        var high = wide.count
        while low < high {
            let middle = (low + high) / 2
            if wide[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < wide.count && wide[low].contains(value)
    }

    /// Source: EastAsianWidth.txt of Unicode 16, values W and F, in order.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F,  // Hangul Jamo
        0x2329...0x232A,  // angle brackets
        0x2630...0x2637,  // trigrams
        0x268A...0x268F,  // monograms, digrams
        0x2E80...0x303E,  // CJK radicals, punctuation
        0x3041...0x3247,  // kana, Bopomofo, Hangul, CJK in parentheses
        0x3250...0xA4CF,  // CJK ideographs, hexagrams, Yi
        0xA960...0xA97C,  // Hangul Jamo extended A
        0xAC00...0xD7A3,  // Hangul syllables
        0xF900...0xFAFF,  // CJK compatibility ideographs
        0xFE10...0xFE19,  // vertical forms
        0xFE30...0xFE6B,  // CJK compatibility forms, small forms
        0xFF01...0xFF60,  // full-width forms
        0xFFE0...0xFFE6,  // full-width signs
        0x16FE0...0x18D08,  // Tangut, Khitan, Nushu marks
        0x1AFF0...0x1B2FB,  // kana supplements, Nushu
        0x1D300...0x1D356,  // Tai Xuan Jing symbols
        0x1D360...0x1D376,  // counting rods
        0x1F200...0x1F265,  // ideographs in squares and circles
        0x20000...0x2FFFD,  // CJK ideographs, plane 2
        0x30000...0x3FFFD,  // CJK ideographs, plane 3
    ]
}
