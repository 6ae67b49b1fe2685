import HookKit

/// Findings as a table: sign, type, subject, size, message; beneath what failed, is planned or can be undone, its details and its remedy.
///
/// On a terminal, messages are wrapped into their column, or stand beneath where that would be too narrow. A subject or a remedy is never
/// broken, because it is there to be copied. Without a terminal every finding is one line.
struct FindingTable {
    private let options: TextOptions
    private let style: TextStyle
    private let entries: [FoldedFindings.Entry]
    private let typeWidth: Int
    private let subjectWidth: Int
    private let sizeWidth: Int

    /// Sets a table.
    init(_ findings: [Finding], options: TextOptions) {
        self.options = options
        style = TextStyle(usesColour: options.usesColour)
        entries = FoldedFindings(findings, loud: options.loudRows, quiet: options.quietRows).entries
        let findings = entries.compactMap { if case .finding(let finding) = $0 { finding } else { nil } }
        sizeWidth = findings.map { ColumnWidth.of(Self.size($0)) }.max() ?? 0
        typeWidth = Self.column(findings.map(Self.type), atMost: options.width.map { min(24, $0 / 3) } ?? 24)
        let used = 4 + typeWidth + 2 + 2 + sizeWidth
        subjectWidth = Self.column(findings.map(Self.subject), atMost: options.width.map { max(8, min(48, $0 * 2 / 5, $0 - used)) } ?? 60)
    }

    /// The widest of the texts that fit into a column; a longer one has a line of its own, and does not push the others aside.
    private static func column(_ texts: [String], atMost limit: Int) -> Int {
        texts.map(ColumnWidth.of).filter { $0 <= limit }.max() ?? 0
    }

    /// The table's lines, without spaces at their ends.
    var lines: [String] {
        entries.flatMap { entry in
            switch entry {
            case .finding(let finding): row(finding) + (showsEvidence(finding) ? evidence(finding) : [])
            case .more(let count, let name): more(count, name)
            }
        }
    }

    /// Says whether a finding calls for action.
    static func isLoud(_ finding: Finding) -> Bool { finding.outcome == .failed || finding.outcome == .error }
    /// What sums up a stage that moved things to a trash, with the command that brings them back.
    private static let undoable: Set = ["collected", "deleted", "interrupted"]
    private func showsEvidence(_ finding: Finding) -> Bool {
        Self.isLoud(finding) || PlannedSpace.isPlanned(finding) || options.extent == .everything
            || (finding.remedy != nil && Self.undoable.contains(finding.type))
    }
    private static func type(_ finding: Finding) -> String { VisibleText.line(finding.type, limit: 100) }
    private static func subject(_ finding: Finding) -> String {
        finding.subject.isEmpty ? "(no subject)" : VisibleText.line(finding.subject, limit: 600)
    }
    private static func size(_ finding: Finding) -> String { finding.bytes?.description ?? "" }

    /// Where messages begin.
    private var messageColumn: Int { 4 + typeWidth + 2 + subjectWidth + 2 + (sizeWidth > 0 ? sizeWidth + 2 : 0) }

    private func row(_ finding: Finding) -> [String] {
        let sign = OutcomeSign(finding.outcome)
        let (type, subject, size) = (Self.type(finding), Self.subject(finding), Self.size(finding))
        let (typeColumns, subjectColumns) = (max(typeWidth, ColumnWidth.of(type)), max(subjectWidth, ColumnWidth.of(subject)))
        var head = "  \(style(sign.attribute, sign.text)) \(style(sign.attribute, type))"
        head += spaces(typeColumns - ColumnWidth.of(type) + 2) + subject + spaces(subjectColumns - ColumnWidth.of(subject))
        var columns = 4 + typeColumns + 2 + subjectColumns
        if sizeWidth > 0 {
            // Behind a long subject nothing is left to align with.
            let padded = subjectColumns > subjectWidth ? size : size.leftPadded(toColumns: sizeWidth)
            head += padded.isEmpty ? "" : "  " + padded
            columns += padded.isEmpty ? 0 : ColumnWidth.of(padded) + 2
        }
        let text = VisibleText.line(finding.message)
        guard !text.isEmpty, let width = options.width, columns + 2 + ColumnWidth.of(text) > width else {
            return [trimmed(head + "  " + text)]
        }
        let isBeneath = width - messageColumn < 28
        let indent = isBeneath ? 6 : messageColumn
        var message = text.wrapped(toColumns: width - indent)
        let bound = options.extent == .everything ? .max : Self.isLoud(finding) ? 12 : 3
        if message.count > bound {
            message = Array(message.prefix(bound))
            message[bound - 1] = (message[bound - 1] + " …").cut(toColumns: width - indent)
        }
        let usesFirstLine = columns + 2 == messageColumn && !isBeneath
        let rest = (usesFirstLine ? Array(message.dropFirst()) : message).map { spaces(indent) + $0 }
        return [usesFirstLine ? trimmed(head + "  " + message[0]) : trimmed(head)] + rest.map(trimmed)
    }

    private func evidence(_ finding: Finding) -> [String] {
        var lines: [String] = []
        // A plan is there to be read.
        let bound = PlannedSpace.isPlanned(finding) || options.extent == .everything ? options.quietRows * 5 : 12
        var details: [String] = []
        var count = 0
        for detail in finding.details {
            // Of what is not shown only the number matters, and it may be very many.
            if count > bound {
                count += VisibleText.lineCount(detail, limit: 4000)
            } else {
                details += VisibleText.lines(detail, limit: 4000)
                count = details.count
            }
        }
        let missing = count - bound
        if missing > 1 { details = Array(details.prefix(bound)) }
        for detail in details {
            let wrapped = detail.wrapped(toColumns: options.width.map { $0 - 8 })
            for (index, line) in wrapped.enumerated() { lines.append(trimmed((index == 0 ? "      · " : "        ") + style(.dim, line))) }
        }
        if missing > 1 { lines += rest("… \(missing) more lines\(whereAllIs)", indent: 6) }
        if let remedy = finding.remedy {
            for (index, line) in VisibleText.lines(remedy, limit: 4000).enumerated() {
                lines.append(trimmed((index == 0 ? "      → " : "        ") + style(.bold, line)))
            }
        }
        return lines
    }

    private func more(_ count: Int, _ name: String) -> [String] {
        rest("… \(count) more \(VisibleText.line(name, limit: 100))\(whereAllIs)", indent: 4)
    }

    private func rest(_ text: String, indent: Int) -> [String] {
        text.wrapped(toColumns: options.width.map { $0 - indent }).map { spaces(indent) + style(.dim, $0) }
    }

    private var whereAllIs: String {
        options.fullReport.map { ", all in " + VisibleText.line($0) } ?? "; --json FILE keeps them all"
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    private func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
