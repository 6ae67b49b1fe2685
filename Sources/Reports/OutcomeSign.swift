import HookKit

/// The sign before a finding or a stage, in one column, and its colour.
struct OutcomeSign {
    /// The sign.
    let text: String
    /// The colour.
    let attribute: TextStyle.Attribute

    /// The sign of a finding.
    init(_ outcome: Finding.Outcome) {
        switch outcome {
        case .passed: self.init("✓", .green)
        case .failed: self.init("✗", .red)
        case .error: self.init("!", .red)
        case .skipped: self.init("-", .dim)
        }
    }

    /// The sign of a stage.
    init(_ verdict: StageVerdict) {
        switch verdict {
        case .passed: self.init("✓", .green)
        case .failed: self.init("✗", .red)
        case .error: self.init("!", .red)
        case .interrupted: self.init("!", .yellow)
        case .skipped: self.init("-", .dim)
        }
    }

    private init(_ text: String, _ attribute: TextStyle.Attribute) {
        self.text = text
        self.attribute = attribute
    }
}
