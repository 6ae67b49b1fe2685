import HookKit
import OCI

/// An explanation as text for people.
package struct ExplanationText: Sendable {
    private let options: TextOptions
    private let style: TextStyle

    /// Makes a text.
    package init(options: TextOptions) {
        self.options = options
        style = TextStyle(usesColour: options.usesColour)
    }

    /// The report in bytes, each line with its end.
    package func bytes(_ report: ExplanationReport) -> [UInt8] { TextReporter.bytes(lines(report)) }

    private func lines(_ report: ExplanationReport) -> [String] {
        let image = report.image
        let names = image.references.map { "'\($0)'" } + image.unreadableReferences.map { "'\($0)'" }
        var lines: [String] = []
        if let cause = report.cause {
            lines.append("\(style(.bold, image.id.short))  <none>  \(style(cause.name == "intermediate" ? .green : .yellow, cause.name))")
            lines += paragraph("\(image.id.short) \(cause.message)")
            lines += section("evidence", cause.evidence)
        } else {
            lines.append("\(style(.bold, image.id.short))  \(VisibleText.line(names.joined(separator: ", "), limit: 2000))")
            lines += paragraph("has \(names.count == 1 ? "a name" : "\(names.count) names"), so it is not <none>")
            lines += section("in the ledger", ledger(report))
        }
        lines += section("in order of time", report.moments.map { "\($0.time)  \($0.text)" })
        lines += section("held by", holders(report))
        lines += section("costs", [cost(report)])
        if let remedy = report.cause?.remedy {
            lines += section("to give the name back", [remedy], isCommand: true)
            if let waysOut = report.cause?.waysOut { lines += wrapped(waysOut) }
        }
        if report.removal.isEmpty {
            lines += section("to remove it", ["nothing: it goes with the last image that was made from it"])
        } else {
            lines += section("to remove it", report.removal, isCommand: true)
        }
        for note in report.notes { lines += [""] + paragraph(note) }
        return lines
    }

    private func ledger(_ report: ExplanationReport) -> [String] {
        guard !report.generations.isEmpty else { return ["no look of 'track-tags' found a name on it"] }
        let shown = report.generations.suffix(5).map { generation in
            "'\(generation.reference)' from \(generation.firstSeen) to \(generation.lastSeen), first by \(generation.firstBuild.shortDescription)"
        }
        let hidden = report.generations.count - shown.count
        let tag = report.generations.last.map { ["'hook history \($0.reference)' tells more"] } ?? []
        return (hidden > 0 ? ["… \(hidden) earlier"] : []) + shown + tag
    }

    private func holders(_ report: ExplanationReport) -> [String] {
        let children = report.children.map { child in
            "image \(child.id.short)\(child.references.first.map { " ('\($0)')" } ?? ""), which was made from it"
        }
        let shown = children.count > 6 ? children.prefix(5) + ["… \(children.count - 5) more images that were made from it"] : children[...]
        let containers = report.containers.map { "container '\($0.displayName)' (\($0.state), \($0.shortID))" }
        let names = report.image.references.isEmpty || report.cause != nil ? [] : ["its names"]
        let all = names + containers + shown
        return all.isEmpty ? ["nothing"] : all
    }

    private func cost(_ report: ExplanationReport) -> String {
        let size = report.image.size
        if report.cause?.name == "intermediate" { return "no space of its own; with what it is made from, \(size)" }
        guard let own = report.ownSize else { return "\(size); how much of it other images share is not known" }
        return "\(own) that this image alone holds, and \(size - own) that others share"
    }

    private func paragraph(_ text: String) -> [String] {
        VisibleText.line(text).wrapped(toColumns: options.width.map { $0 - 2 }).map { "  " + $0 }
    }

    private func section(_ title: String, _ texts: [String], isCommand: Bool = false) -> [String] {
        guard !texts.isEmpty else { return [] }
        // A command is there to be copied, and never broken.
        return ["", "  " + style(.bold, title)] + texts.flatMap { isCommand ? ["    " + VisibleText.line($0)] : wrapped($0) }
    }

    /// An entry of a section.
    private func wrapped(_ text: String) -> [String] {
        VisibleText.line(text).wrapped(toColumns: options.width.map { $0 - 6 }).enumerated().map { index, part in
            (index == 0 ? "    " : "      ") + part
        }
    }
}
