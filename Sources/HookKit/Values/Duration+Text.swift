extension Duration {
    /// Takes a duration of whole units: `90s`, `15m`, `24h`, `7d`, `2w`, or several such as `1h30m`; `nil` for anything else.
    public init?(setting text: String) {
        guard !text.isEmpty else { return nil }
        var total: Int64 = 0
        var number: Int64?
        for character in text.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) {
                let (scaled, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (next, carry) = scaled.addingReportingOverflow(Int64(character - UInt8(ascii: "0")))
                guard !overflow, !carry else { return nil }
                number = next
                continue
            }
            guard let value = number, let factor = Self.secondsOfUnit(character) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            let (sum, carry) = total.addingReportingOverflow(product)
            // A hundred centuries is enough for anybody and keeps every sum with a time in range.
            guard !overflow, !carry, sum <= 315_360_000_000 else { return nil }
            total = sum
            number = nil
        }
        guard number == nil else { return nil }
        self = .seconds(total)
    }

    /// The duration in the largest unit that divides it: `24h` for a day given as hours stays exact, `90s` stays `90s`.
    public var settingText: String {
        let seconds = components.seconds
        if seconds == 0 { return "0s" }
        for (unit, factor) in [("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)] where seconds % factor == 0 {
            return "\(seconds / factor)\(unit)"
        }
        return "\(seconds)s"
    }

    /// The duration as a person says it, rounded down to its largest unit: `3 days`, `2 hours`, `40 seconds`.
    public var approximateText: String {
        let seconds = max(0, components.seconds)
        for (unit, factor) in [("day", 86_400), ("hour", 3600), ("minute", 60)] as [(String, Int64)] where seconds >= factor {
            let count = seconds / factor
            return "\(count) \(unit)\(count == 1 ? "" : "s")"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }

    private static func secondsOfUnit(_ unit: UInt8) -> Int64? {
        switch unit {
        case UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
    }
}
