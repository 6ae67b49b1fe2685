/// A strict reader of the Prometheus text format 0.0.4: what it takes, every other reader takes too.
///
/// Source: "Exposition formats" in Prometheus' documentation. Stricter than that: each metric has its help and its type, in this order, directly
/// before its samples; labels are parted by one comma without spaces; no sample has a time, which the textfile collector refuses.
struct PrometheusText {
    struct Problem: Error, CustomStringConvertible {
        let line: Int
        let description: String
    }

    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: String
    }

    private(set) var samples: [Sample] = []
    private(set) var families: [String] = []

    init(_ text: String) throws {
        guard text.isEmpty || text.utf8.last == 0x0A else { throw Problem(line: 0, description: "the last line has no end") }
        // By bytes: a carriage return and a line feed are one character.
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
        var series: Set<Sample> = []
        var help: String?
        var current: String?
        for (index, line) in lines.enumerated() {
            func fail(_ text: String) -> Problem { Problem(line: index + 1, description: "\(text): \(line)") }
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, Self.isMetricName(parts[0]) else { throw fail("no help") }
                guard Self.isEscaped(parts[1]) else { throw fail("a wrong escape") }
                help = String(parts[0])
                current = nil
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ", omittingEmptySubsequences: false)
                guard parts.count == 2, help == String(parts[0]), ["gauge", "counter", "untyped"].contains(parts[1]) else {
                    throw fail("no type, or of another metric than the help")
                }
                guard !families.contains(String(parts[0])) else { throw fail("a metric that was there before") }
                families.append(String(parts[0]))
                current = String(parts[0])
            } else {
                var scanner = Substring(line)
                let sample = try Self.sample(&scanner).get { fail($0) }
                guard sample.name == current else { throw fail("a sample that does not follow its type") }
                guard series.insert(Sample(name: sample.name, labels: sample.labels, value: "")).inserted else {
                    throw fail("a series twice")
                }
                samples.append(sample)
            }
        }
    }

    /// The value of the one sample that has these labels among its own.
    func value(_ name: String, _ labels: [String: String] = [:]) -> String? {
        let found = samples.filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
        return found.count == 1 ? found[0].value : nil
    }

    private enum Reading {
        case sample(Sample)
        case wrong(String)

        func get(_ problem: (String) -> Problem) throws -> Sample {
            switch self {
            case .sample(let sample): return sample
            case .wrong(let text): throw problem(text)
            }
        }
    }

    private static func sample(_ text: inout Substring) -> Reading {
        let name = String(text.prefix { $0 != "{" && $0 != " " })
        guard isMetricName(Substring(name)) else { return .wrong("no metric's name") }
        text = text.dropFirst(name.count)
        var labels: [String: String] = [:]
        if text.first == "{" {
            text.removeFirst()
            while text.first != "}" {
                if !labels.isEmpty {
                    guard text.first == "," else { return .wrong("no comma between labels") }
                    text.removeFirst()
                }
                let label = String(text.prefix { $0 != "=" })
                guard isLabelName(label), labels[label] == nil else { return .wrong("no label's name, or one twice") }
                text = text.dropFirst(label.count + 1)
                guard let value = quoted(&text) else { return .wrong("no label's value") }
                labels[label] = value
            }
            text.removeFirst()
        }
        guard text.first == " " else { return .wrong("no space before the value") }
        text.removeFirst()
        let isNumber = text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") } && Double(text) != nil
        guard isNumber else { return .wrong("no number") }
        return .sample(Sample(name: name, labels: labels, value: String(text)))
    }

    /// Reads a quoted value by its scalars: a quote may have a mark of the text behind it on it.
    private static func quoted(_ text: inout Substring) -> String? {
        var scalars = text.unicodeScalars
        guard scalars.popFirst() == "\"" else { return nil }
        var value = String.UnicodeScalarView()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                text = Substring(scalars)
                return String(value)
            case "\\":
                switch scalars.popFirst() {
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                case "n": value.append("\n")
                default: return nil
                }
            default: value.append(scalar)
            }
        }
        return nil
    }

    private static func isMetricName(_ name: Substring) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter || first == "_" || first == ":" else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
    }

    private static func isLabelName(_ name: String) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter || first == "_", !name.hasPrefix("__") else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    private static func isEscaped(_ text: Substring) -> Bool {
        var rest = text.unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "\\", ![Unicode.Scalar("\\"), "n"].contains(rest.popFirst()) { return false }
        }
        return true
    }
}
