package import Runner

/// Draws the running stage on one line of a terminal: how far it is, how fast, how much time is left.
///
/// Meant for standard error, and only where that is a terminal. It must take each event before the reporters that write to the same
/// terminal do: it gives back what erases its line when a stage ends or a line of the log comes, and draws anew with the next progress, or
/// when `refresh` is called, which keeps the times true while nothing is heard of the stage.
package struct ProgressReporter: Reporter {
    private let width: @Sendable () -> Int
    private let clock: @Sendable () -> Duration
    private let usesColour: Bool
    private var stageCount = 0
    private var stage: StageDescription?
    private var stageStart: Duration = .zero
    private var first: (time: Duration, completed: Int)?
    private var latest: (completed: Int, total: Int?) = (0, nil)
    private var lastDrawing: Duration?
    private var isDrawn = false

    /// Makes a reporter.
    ///
    /// - Parameters:
    ///   - width: The terminal's columns; asked at each drawing, because a person may change it.
    ///   - usesColour: Says whether colours are used.
    ///   - clock: Time from any fixed moment on that never goes back.
    package init(width: @escaping @Sendable () -> Int, usesColour: Bool, clock: @escaping @Sendable () -> Duration) {
        self.width = width
        self.usesColour = usesColour
        self.clock = clock
    }

    /// Gives what draws the line anew, about ten times a second at the most, or what erases it.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        switch event {
        case .runStarted(let run):
            stageCount = run.stages.count
            return []
        case .stageStarted(let stage):
            self.stage = stage
            stageStart = clock()
            (first, latest, lastDrawing) = (nil, (0, nil), nil)
            return draw(at: stageStart)
        case .progress(let completed, let total, let stage):
            guard stage == self.stage else { return [] }
            let now = clock()
            if first == nil { first = (now, completed) }
            latest = (completed, total)
            // The end may be followed by a long last step, in which 99 % would look stuck.
            let interval: Duration = total == completed ? .milliseconds(20) : .milliseconds(100)
            if isDrawn, let lastDrawing, now - lastDrawing < interval { return [] }
            return draw(at: now)
        case .stageFinished, .runFinished:
            stage = nil
            return erase()
        case .log: return erase()
        }
    }

    /// Gives what draws the line anew, where a stage runs; meant to be called once a second.
    package mutating func refresh() -> [UInt8] { draw(at: clock()) }

    /// Gives what erases the line, for a text that comes from elsewhere.
    package mutating func erase() -> [UInt8] {
        guard isDrawn else { return [] }
        isDrawn = false
        return Array("\r\u{1B}[K".utf8)
    }

    private mutating func draw(at now: Duration) -> [UInt8] {
        guard let stage else { return [] }
        lastDrawing = now
        isDrawn = true
        // The last column stays free: some terminals go to the next line when it is written.
        let columns = max(1, width() - 1)
        return Array("\r\u{1B}[K\(line(stage, completed: latest.completed, total: latest.total, at: now, columns: columns))".utf8)
    }

    /// `2/4 prune  ███████░░░░░░░  412/1000  35/s  17s left`, without the parts for which there is no room.
    private func line(_ stage: StageDescription, completed: Int, total: Int?, at now: Duration, columns: Int) -> String {
        let name = VisibleText.line("\(stage.number)/\(max(stage.number, stageCount)) \(stage.name)", limit: 600)
        var parts: [String] = []
        if let total, total > 0 {
            parts.append("\(completed)/\(total)")
        } else if completed > 0 {
            parts.append("\(completed)")
        }
        let rate = self.rate(completed: completed, at: now)
        if let rate, rate < 1e15 { parts.append(rate >= 10 ? "\(Int(rate.rounded()))/s" : "\((rate * 10).rounded() / 10)/s") }
        let left = rate.flatMap { rate in total.map { (Double($0) - Double(completed)) / rate } }
        // More than a hundred days is no answer.
        if let left, left > 0, left < 8_640_000 {
            parts.append("\(Self.rounded(.seconds(left))) left")
        } else {
            let elapsed = now - stageStart
            if elapsed >= .seconds(1) { parts.append(Self.rounded(elapsed)) }
        }
        // The name gives way first, down to a third of the line, then the parts from the right.
        while !parts.isEmpty, columns - partsWidth(parts) < min(ColumnWidth.of(name), columns / 3) { parts.removeLast() }
        let title = name.cut(toColumns: columns - partsWidth(parts))
        let free = columns - ColumnWidth.of(title) - partsWidth(parts) - 2
        let style = TextStyle(usesColour: usesColour)
        var line = style(.bold, title)
        if let total, total > 0, free >= 10 {
            let length = min(30, free)
            let share = min(1, max(0, Double(completed) / Double(total)))
            let filled = Int((share * Double(length)).rounded(.down))
            line +=
                "  " + style(.green, String(repeating: "█", count: filled)) + style(.dim, String(repeating: "░", count: length - filled))
        }
        for part in parts { line += "  " + part }
        return line
    }

    private func partsWidth(_ parts: [String]) -> Int { parts.reduce(0) { $0 + $1.utf8.count + 2 } }

    /// How many a second since the stage's first progress; `nil` where a second has not gone by or nothing has come on.
    private func rate(completed: Int, at now: Duration) -> Double? {
        guard let first, completed > first.completed else { return nil }
        let elapsed = (now - first.time) / .seconds(1)
        // The numbers may come from a plugin: as whole numbers, their difference might not fit.
        return elapsed >= 1 ? (Double(completed) - Double(first.completed)) / elapsed : nil
    }

    /// Whole units: a line that changes ten times a second has no use for tenths.
    private static func rounded(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if seconds < 60 { return "\(seconds)s" }
        return seconds < 3600 ? "\(seconds / 60)m \(two(seconds % 60))s" : "\(seconds / 3600)h \(two(seconds / 60 % 60))m"
    }
}
