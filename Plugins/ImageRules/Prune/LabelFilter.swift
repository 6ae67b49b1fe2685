import HookKit

/// A condition on labels: `key`, `key=value`, or with `!` in front the contrary.
///
/// Source of the notation: docker-image-prune(1), `--filter label=…` and `label!=…`.
struct LabelFilter: SettingValue, Hashable, CustomStringConvertible {
    let description: String
    private let key: String
    private let value: String?
    /// Says whether it holds things back, instead of choosing them.
    let isNegated: Bool

    init?(_ text: String) {
        description = text
        isNegated = text.hasPrefix("!")
        let rest = isNegated ? text.dropFirst() : Substring(text)
        let parts = rest.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return nil }
        key = String(first)
        value = parts.count > 1 ? String(parts[1]) : nil
    }

    func accepts(_ labels: [String: String]) -> Bool {
        let found = labels[key].map { value == nil || $0 == value } ?? false
        return found != isNegated
    }

    static let schema = SettingSchema(
        expectation: "a label such as 'ci', 'ci=true' or '!keep'",
        typeName: "label",
        json: ["type": "string", "minLength": 1]
    )

    static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> LabelFilter? {
        switch value.content {
        case .string(let text), .text(let text): if let filter = LabelFilter(text) { return filter }
        default: break
        }
        decoding.refuse(value, expected: schema.expectation)
        return nil
    }

    var configValue: ConfigValue { ConfigValue(.string(description)) }
}
