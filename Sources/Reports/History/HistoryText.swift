import History
import HookKit

/// A history as text for people: a table, a graph, or every detail.
package struct HistoryText: Sendable {
    /// How it is laid out.
    package enum Layout: Sendable {
        /// A table.
        case table
        /// One line per generation, the newest first.
        case graph
        /// Everything that is known, a paragraph per generation.
        case details
    }

    private let options: TextOptions
    private let layout: Layout
    private let style: TextStyle

    /// Makes a text.
    package init(layout: Layout, options: TextOptions) {
        self.layout = layout
        self.options = options
        style = TextStyle(usesColour: options.usesColour)
    }

    /// The report in bytes, each line with its end.
    package func bytes(_ report: HistoryReport) -> [UInt8] { TextReporter.bytes(lines(report)) }

    private func lines(_ report: HistoryReport) -> [String] {
        switch report.subject {
        case .tags(let summaries): return tags(summaries)
        case .tag(_, let histories):
            return Array(histories.map { history in section(history, report) }.joined(separator: [""]))
        }
    }

    // MARK: All tags

    private func tags(_ summaries: TagSummaries) -> [String] {
        let isOne = summaries.engines.count < 2
        let rows = summaries.tags.map { tag in
            var cells = [
                VisibleText.line(tag.latest.reference.description, limit: 600), tag.latest.image.short, tag.latest.firstSeen.description,
                tag.generationCount.description, HistoryWording.build(tag.latest.firstBuild),
            ]
            if !isOne { cells.append(HistoryWording.engine(tag.engine)) }
            return TextTable.Row(cells: cells)
        }
        let headings = ["TAG", "IMAGE", "SINCE", "GENERATIONS", "BUILD"] + (isOne ? [] : ["ENGINE"])
        return TextTable(headings, rows, options: options).lines + more(summaries.total - summaries.tags.count, "tag", "older")
    }

    // MARK: One tag

    private func section(_ history: TagHistory, _ report: HistoryReport) -> [String] {
        let title = VisibleText.line(history.reference.description, limit: 600)
        let number = "\(history.generationCount) generation\(history.generationCount == 1 ? "" : "s")"
        var lines = [style(.bold, title) + ", \(number), \(HistoryWording.engine(history.engine))"]
        switch history.present {
        case .unseen(let image): lines.append("  it names \(image.short) now, which no look has seen there yet")
        case .nothing: lines.append("  it names nothing now")
        case .newest, .notKnown: break
        }
        if let silence = HistoryWording.silence(report.answer, of: history.engine) {
            lines += silence.wrapped(toColumns: options.width.map { $0 - 2 }).map { "  " + style(.yellow, $0) }
        }
        switch layout {
        case .table: lines += table(history, report)
        case .graph: lines += history.generations.map { graphLine($0, history, report) }
        case .details: lines += history.generations.flatMap { details($0, history, report) }
        }
        return lines + more(history.generationCount - history.generations.count, "generation", "earlier")
    }

    private func table(_ history: TagHistory, _ report: HistoryReport) -> [String] {
        let hasDigests = history.generations.contains { Self.digest($0) != nil }
        let rows = history.generations.map { past in
            var cells = [past.generation.image.short]
            if hasDigests { cells.append(Self.digest(past).map { String($0.prefix(19)) } ?? "") }
            cells += [
                past.generation.firstSeen.description, HistoryWording.lifetime(past, of: history, now: report.now),
                HistoryWording.fate(past, of: history), HistoryWording.build(past.generation.firstBuild),
            ]
            return TextTable.Row(cells: cells, attribute: Self.attribute(past))
        }
        let headings = ["IMAGE"] + (hasDigests ? ["DIGEST"] : []) + ["FIRST SEEN", "LIVED", "BECAME", "BUILD"]
        return TextTable(headings, rows, options: options).lines
    }

    /// The digest in a registry, where it is known and another than the image's ID.
    private static func digest(_ past: PastGeneration) -> String? {
        past.generation.manifestDigest.flatMap { $0 == past.generation.image ? nil : $0.description }
    }

    private static func attribute(_ past: PastGeneration) -> TextStyle.Attribute? {
        switch past.fate {
        case .named: .green
        case .untagged: .yellow
        case .removed, .gone: .dim
        case .notKnown: nil
        }
    }

    /// `*` is an image that has a name, `o` one that is `<none>`, `x` one that is gone, `?` one of which nothing tells.
    private func graphLine(_ past: PastGeneration, _ history: TagHistory, _ report: HistoryReport) -> String {
        let sign =
            switch past.fate {
            case .named: "*"
            case .untagged: "o"
            case .removed, .gone: "x"
            case .notKnown: "?"
            }
        let rest = [
            past.generation.firstSeen.description, HistoryWording.build(past.generation.firstBuild),
            "(\(HistoryWording.fate(past, of: history)))",
        ].joined(separator: " ")
        let line = (past.generation.image.short + " " + rest).cut(toColumns: options.width.map { $0 - 2 } ?? .max)
        let image = past.generation.image.short
        return style(Self.attribute(past) ?? .bold, sign) + " " + style(.yellow, String(line.prefix(image.count)))
            + line.dropFirst(image.count)
    }

    private func details(_ past: PastGeneration, _ history: TagHistory, _ report: HistoryReport) -> [String] {
        let generation = past.generation
        let build = generation.firstBuild
        var fields: [(String, String?)] = [
            ("image", generation.image.description), ("digest", generation.manifestDigest?.description),
            ("first seen", generation.firstSeen.description),
            ("last seen", "\(generation.lastSeen), \(generation.sightings) look\(generation.sightings == 1 ? "" : "s")"),
        ]
        let lifetime = HistoryWording.lifetime(past, of: history, now: report.now)
        fields += [
            ("lived", lifetime.isEmpty ? nil : lifetime), ("became", HistoryWording.fate(past, of: history)),
            ("build", build.shortDescription), ("commit", build.commit), ("job", build.jobURL), ("pipeline", build.pipeline),
            ("run", build.run),
        ]
        let lines = fields.compactMap { name, value in
            value.map { "    \(name):".padded(toColumns: 16) + VisibleText.line($0, limit: 1000) }
        }
        return ["  " + style(Self.attribute(past) ?? .bold, "generation \(past.number)")] + lines
    }

    private func more(_ count: Int, _ what: String, _ which: String) -> [String] {
        guard count > 0 else { return [] }
        return ["  " + style(.dim, "… \(count) \(which) \(what)\(count == 1 ? "" : "s"); --limit N shows more, --limit 0 all")]
    }
}
