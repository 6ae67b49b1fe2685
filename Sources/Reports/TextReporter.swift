package import Runner

/// Writes a run as text for people: a table for each stage when it has ended, and a summary.
///
/// What image names and labels hold never reaches the terminal raw. Wide characters are counted as wide.
package struct TextReporter: Reporter {
    private let text: RunText
    private var needsGap = true
    private var isEmpty = true

    /// Makes a reporter.
    package init(options: TextOptions) { text = RunText(options: options) }

    /// Gives a run's opening, each stage's table, and the summary.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        switch event {
        case .runStarted(let run): return lines(text.opening(run), gap: false)
        case .stageFinished(let result):
            guard text.shows(result) else { return [] }
            let body = text.body(result)
            // Stages without findings stand together; a table has air around it.
            let gap = needsGap || !body.isEmpty
            needsGap = !body.isEmpty
            return lines(text.heading(result) + body, gap: gap)
        case .runFinished(let result): return lines(text.closing(result), gap: true)
        case .stageStarted, .progress, .log: return []
        }
    }

    /// Lines behind an empty one, unless they are the first.
    private mutating func lines(_ lines: [String], gap: Bool) -> [UInt8] {
        defer { isEmpty = isEmpty && lines.isEmpty }
        return Self.bytes((gap && !isEmpty ? [""] : []) + lines)
    }

    /// Lines as bytes, each with its end.
    static func bytes(_ lines: [String]) -> [UInt8] {
        var out: [UInt8] = []
        // A plan may have very many lines: room that grows would be there twice over.
        out.reserveCapacity(lines.reduce(0) { $0 + $1.utf8.count + 1 })
        for line in lines {
            out += line.utf8
            out.append(UInt8(ascii: "\n"))
        }
        return out
    }
}
