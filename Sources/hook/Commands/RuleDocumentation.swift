import HookKit

/// What `hook rules show` prints: everything comes from the rule's declaration.
struct RuleDocumentation {
    private let rule: RegisteredRule

    init(_ rule: RegisteredRule) { self.rule = rule }

    var text: String {
        var lines = ["\(rule.name) (from \(rule.origin))", "  \(rule.abstract)"]
        for paragraph in rule.discussion.split(separator: "\n\n") { lines += [""] + Self.wrapped(String(paragraph), indent: "  ") }
        lines += ["", "SETTINGS"]
        for setting in rule.settings {
            let state = setting.defaultValue.map { "default: \($0.yaml)" } ?? (setting.isRequired ? "required" : "optional")
            lines.append("  \(setting.key): \(setting.schema.typeName) (\(state))")
            lines += Self.wrapped(setting.help, indent: "      ")
        }
        if !rule.examples.isEmpty { lines += ["", "EXAMPLES"] }
        for example in rule.examples {
            lines += Self.wrapped(example.title, indent: "  ")
            lines += Self.stage(rule.name, example.settings).map { "      " + $0 }
            switch example.expectation {
            case .findings(let findings):
                lines += findings.isEmpty ? ["    finds nothing"] : findings.map { "    finds \($0)" }
            case .refusal(let message): lines += Self.wrapped("is refused: \(message)", indent: "    ")
            }
            lines.append("")
        }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func stage(_ rule: String, _ settings: ConfigValue) -> [String] {
        guard case .mapping(let entries) = settings.content, !entries.isEmpty else { return ["- rule: \(rule)"] }
        return ["- rule: \(rule)", "  with:"] + entries.map { "    \($0.key): \($0.value.yaml)" }
    }

    private static func wrapped(_ text: String, indent: String, width: Int = 100) -> [String] {
        var lines: [String] = []
        var line = indent
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > width, line.count > indent.count {
                lines.append(line)
                line = indent
            }
            if line.count > indent.count { line += " " }
            line += word
        }
        return lines + [line]
    }
}
