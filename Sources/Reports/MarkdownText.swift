/// Texts from outside within Markdown, as GitHub and GitLab read it: they show as they are, and do nothing.
enum MarkdownText {
    /// A text as prose, on one line: nothing in it is markup, a link, a mention or a reference.
    static func prose(_ text: String, limit: Int = 1000) -> String {
        let scalars = Array(VisibleText.line(text, limit: limit).unicodeScalars)
        var out = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "&": out += "&amp;"
            case _ where needsBackslash(scalar, at: index, of: scalars): out += "\\" + String(Character(scalar))
            default: out.unicodeScalars.append(scalar)
            }
            // A reference is found in the finished text, where an escape no longer shows; a space of no width is what parts the two.
            if "@#!~%&$^".unicodeScalars.contains(scalar), index + 1 < scalars.count,
                scalars[index + 1].properties.isAlphabetic
                    || scalars[index + 1].properties.numericType != nil
            {
                out += "&#8203;"
            }
        }
        return out
    }

    /// A text as code on one line, within a paragraph or, where `isCell`, in a cell of a table.
    static func code(_ text: String, limit: Int = 300, isCell: Bool = false) -> String {
        let text = VisibleText.line(text, limit: limit)
        if text.isEmpty { return "" }
        let scalars = text.unicodeScalars
        let fence = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
        // In a cell a pipe needs a backslash, within code too; what a backslash before that one means, the two sites do not agree on.
        if isCell, scalars.contains("\\"), scalars.contains("|") { return prose(text, limit: limit) }
        let content =
            isCell ? scalars.split(separator: "|", omittingEmptySubsequences: false).map { String($0) }.joined(separator: "\\|") : text
        // One space on each side is no part of the code, and keeps backticks at the ends from joining the fence.
        let needsSpace = scalars.first == "`" || scalars.last == "`" || (scalars.first == " " && scalars.last == " ")
        return needsSpace ? "\(fence) \(content) \(fence)" : fence + content + fence
    }

    /// A text as a block of code in its lines, each with the indentation of the list that it belongs to.
    static func block(_ text: String, indent: String, limit: Int = 4000) -> [String] {
        let lines = VisibleText.lines(text, limit: limit)
        let fence = String(repeating: "`", count: max(3, (lines.map { longestRun(of: "`", in: $0) }.max() ?? 0) + 1))
        return ([fence + "sh"] + lines + [fence]).map { indent + $0 }
    }

    /// Says whether a scalar would mean something: anywhere, at the beginning of a list's item, behind the number of a list, or in an address.
    private static func needsBackslash(_ scalar: Unicode.Scalar, at index: Int, of scalars: [Unicode.Scalar]) -> Bool {
        switch scalar {
        case "\\", "`", "*", "_", "[", "]", "|", "~", "$": true
        case ":": index + 2 < scalars.count && scalars[index + 1] == "/" && scalars[index + 2] == "/"
        case "-", "+", "#", "=": scalars[..<index].allSatisfy { $0 == " " }
        case ".", ")": index > 0 && scalars[..<index].allSatisfy { $0 == " " || ("0"..."9").contains($0) }
        default: false
        }
    }

    private static func longestRun(of scalar: Unicode.Scalar, in text: String) -> Int {
        var (longest, current) = (0, 0)
        for element in text.unicodeScalars {
            current = element == scalar ? current + 1 : 0
            longest = max(longest, current)
        }
        return longest
    }
}
