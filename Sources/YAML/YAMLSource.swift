/// The text of a document, with its lines: turns counts of characters into places, and places into lines to show.
///
/// A line ends at LF, CR LF or CR, as editors count, and not at the rarer separators at which YAML 1.1 also ends one.
package struct YAMLSource: Sendable {
    /// The text in UTF-8, without a byte order mark.
    let bytes: [UInt8]
    /// Why the bytes are not a text that YAML reads: not UTF-8, or with characters that it refuses.
    ///
    /// Lines are known up to that place.
    let problem: YAMLProblem?

    private let index: LineIndex

    /// Reads a text.
    package init(_ input: [UInt8]) {
        var index = LineIndex()
        if input.starts(with: [0xff, 0xfe]) || input.starts(with: [0xfe, 0xff]) || input.starts(with: [0, 0, 0xfe, 0xff]) {
            bytes = []
            problem = YAMLProblem(message: "the file is UTF-16 or UTF-32; save it as UTF-8", position: nil)
        } else {
            bytes = input.starts(with: [0xef, 0xbb, 0xbf]) ? Array(input.dropFirst(3)) : input
            do throws(YAMLProblem) {
                try index.read(bytes)
                problem = nil
            } catch {
                problem = error
            }
        }
        self.index = index
    }

    /// The text of a line, from 1, without its end, or `nil` where there is no such line.
    ///
    /// Bytes that are not UTF-8 come as U+FFFD. The cost depends on the part that is asked for, not on the line's length.
    ///
    /// - Parameters:
    ///   - number: the line.
    ///   - column: where the part that is wanted begins.
    ///   - count: how many scalars are wanted at most.
    package func line(_ number: Int, from column: Int = 1, upTo count: Int = .max) -> String? {
        guard number >= 1, number <= index.lineStarts.count else { return nil }
        let start = self.number(ofScalarAt: YAMLPosition(line: number, column: column))
        var left = count
        let part = bytes[offset(ofScalar: start)...].prefix { byte in
            guard byte != 0x0a, byte != 0x0d else { return false }
            if byte & 0xc0 != 0x80 { left -= 1 }
            return left >= 0
        }
        return String(decoding: part, as: UTF8.self)
    }

    /// The places of an ASCII character from one place up to another.
    package func positions(of character: Unicode.Scalar, from start: YAMLPosition, to end: YAMLPosition) -> [YAMLPosition] {
        let first = number(ofScalarAt: start)
        let last = number(ofScalarAt: end)
        guard first < last else { return [] }
        var found: [YAMLPosition] = []
        var number = first - 1
        for byte in bytes[offset(ofScalar: first)..<offset(ofScalar: last)] where byte & 0xc0 != 0x80 {
            number += 1
            if UInt32(byte) == character.value { found.append(position(ofScalar: number)) }
        }
        return found
    }

    /// The place of a scalar, counted from 0; past the end, the place after the last one.
    func position(ofScalar number: Int) -> YAMLPosition {
        let number = min(number, index.scalarCount)
        var low = 0
        var high = index.lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if index.lineStarts[middle] <= number { low = middle } else { high = middle }
        }
        return YAMLPosition(line: low + 1, column: number - index.lineStarts[low] + 1)
    }

    /// The scalar at a place, or `nil` at the end of the text.
    func scalar(at position: YAMLPosition) -> Unicode.Scalar? {
        let start = offset(ofScalar: number(ofScalarAt: position))
        return String(decoding: bytes[start...].prefix(4), as: UTF8.self).unicodeScalars.first
    }

    private func number(ofScalarAt position: YAMLPosition) -> Int {
        guard position.line <= index.lineStarts.count else { return index.scalarCount }
        return min(index.lineStarts[position.line - 1] + position.column - 1, index.scalarCount)
    }

    private func offset(ofScalar number: Int) -> Int {
        // Every scalar that was counted has a checkpoint at or before it; the place after the last one need not.
        guard number / LineIndex.stride < index.checkpoints.count else { return number == 0 ? 0 : bytes.count }
        var offset = index.checkpoints[number / LineIndex.stride]
        for _ in 0..<number % LineIndex.stride where offset < bytes.count { offset += LineIndex.width(ofLead: bytes[offset]) }
        return min(offset, bytes.count)
    }
}
