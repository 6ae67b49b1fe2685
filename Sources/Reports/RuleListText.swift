package import HookKit

/// The list of rules, each with one line of help; at a terminal the help is wrapped beside the name.
package struct RuleListText: Sendable {
    private let options: TextOptions

    /// Sets a list.
    package init(options: TextOptions) { self.options = options }

    /// The least columns of help beside the longest name; where they are not there, the help stands beneath.
    private static let leastHelp = 30

    /// The text.
    package func bytes(_ rules: [RegisteredRule]) -> [UInt8] {
        // A plugin may call its rules by anything.
        bytes(of: rules.map { (VisibleText.line($0.name, limit: 100), VisibleText.line($0.abstract, limit: 1000)) })
    }

    /// The text for names and helps that are harmless.
    func bytes(of rules: [(name: String, abstract: String)]) -> [UInt8] {
        let names = (rules.map { ColumnWidth.of($0.name) }.max() ?? 0) + 2
        let isBeneath = options.width.map { $0 - names < Self.leastHelp } ?? false
        let indent = isBeneath ? 4 : names
        var lines: [String] = []
        for rule in rules {
            let help = rule.abstract.wrapped(toColumns: options.width.map { $0 - indent })
            if isBeneath { lines.append(rule.name) }
            for (number, part) in help.enumerated() {
                lines.append((number == 0 && !isBeneath ? rule.name : "").padded(toColumns: indent) + part)
            }
        }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}
