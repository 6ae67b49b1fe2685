/// How reports write durations; always with a point, whatever the locale.
extension Duration {
    /// Whole milliseconds, rounded to the nearest; zero for less than nothing.
    private var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? 0 : .max }
        let (sum, carry) = scaled.addingReportingOverflow((attoseconds + 500_000_000_000_000) / 1_000_000_000_000_000)
        return carry ? .max : max(0, sum)
    }

    /// Seconds for programs, with three decimals: `12.345`.
    var secondsText: String {
        let milliseconds = wholeMilliseconds
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    /// Seconds as a number, to the millisecond.
    var secondsNumber: Double { Double(wholeMilliseconds) / 1000 }

    /// The duration for a person: `0.3s`, `12.3s`, `2m 05s`, `1h 02m`.
    var readableText: String {
        let tenths = (wholeMilliseconds &+ 50) / 100
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10)s" }
        let seconds = (wholeMilliseconds &+ 500) / 1000
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if seconds < 3600 { return "\(seconds / 60)m \(two(seconds % 60))s" }
        let minutes = seconds / 60
        return "\(minutes / 60)h \(two(minutes % 60))m"
    }
}
