/// A metric of the Prometheus text format with its samples.
struct MetricFamily {
    /// A label's name and value.
    typealias Label = (name: String, value: String)
    /// A sample's labels and its value, which is a number.
    typealias Sample = (labels: [Label], value: String)

    /// The metric's name.
    let name: String
    /// What it says, in one sentence.
    let help: String
    /// The samples.
    let samples: [Sample]

    /// Makes a family.
    init(_ name: String, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// The family's lines: what it is, then its samples.
    var text: String {
        var out = "# HELP \(name) \(help.escaped(quotes: false))\n# TYPE \(name) gauge\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\($0.value.escaped(quotes: true))\"" }.joined(separator: ",")
            out += "\(name){\(labels)} \(sample.value)\n"
        }
        return out
    }
}

extension String {
    /// The text with what the format escapes: the backslash and the line feed, and within a label's value the quote.
    fileprivate func escaped(quotes: Bool) -> String {
        var out = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quotes: out += "\\\""
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
